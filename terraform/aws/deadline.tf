# When all hosts end, held twice: by a timer in each (modules/layout), whose power-off terminates, and by AWS, which
# terminates them though they hang. The first apply sets it, and no later one moves it: a host's own timer would not
# follow.

resource "terraform_data" "deadline" {
  input = timeadd(plantimestamp(), "${var.ttl_hours}h")

  lifecycle {
    ignore_changes = [input]
  }
}

locals {
  deadline = terraform_data.deadline.output
  vcpus    = length(module.layout.hosts) * data.aws_ec2_instance_type.host.default_vcpus
}

data "aws_caller_identity" "this" {}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
  tags = merge(local.tags, { Name = var.name })
}

resource "aws_iam_role" "deadline" {
  name_prefix = "${var.name}-deadline-"
  description = "Terminates the hosts of a sweep when their time is over"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.this.account_id } }
    }]
  })
  tags = merge(local.tags, { Name = "${var.name}-deadline" })
}

resource "aws_iam_role_policy" "deadline" {
  name = "terminate"
  role = aws_iam_role.deadline.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "ec2:TerminateInstances"
      Resource  = "arn:aws:ec2:${var.region}:${data.aws_caller_identity.this.account_id}:instance/*"
      Condition = { StringEquals = { "ec2:ResourceTag/coresweep" = var.name } }
    }]
  })
}

resource "aws_scheduler_schedule" "deadline" {
  # checkov:skip=CKV_AWS_297: a time and the names of instances are no secret
  name                         = "terminate"
  description                  = "Terminates the hosts of a sweep when their time is over"
  group_name                   = aws_scheduler_schedule_group.this.name
  schedule_expression          = "at(${formatdate("YYYY-MM-DD'T'hh:mm:ss", local.deadline)})"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances"
    role_arn = aws_iam_role.deadline.arn
    input    = jsonencode({ InstanceIds = sort([for host in aws_instance.host : host.id]) })

    retry_policy {
      maximum_retry_attempts       = 20
      maximum_event_age_in_seconds = 3600
    }
  }

  depends_on = [aws_iam_role_policy.deadline]
}

# These only warn.
check "ttl" {
  assert {
    condition     = var.ttl_hours <= 24
    error_message = "ttl_hours is ${var.ttl_hours}: more than a day of what is forgotten is paid for."
  }
}

check "quota" {
  data "aws_servicequotas_service_quota" "vcpus" {
    service_code = "ec2"
    quota_code   = var.spot ? "L-34B43A08" : "L-1216C47A"
  }

  assert {
    condition     = local.vcpus <= data.aws_servicequotas_service_quota.vcpus.value
    error_message = "These hosts have ${local.vcpus} vCPUs together, and the account may run ${data.aws_servicequotas_service_quota.vcpus.value} ${var.spot ? "as spot " : ""}in ${var.region}: ask AWS for more (quota ${var.spot ? "L-34B43A08" : "L-1216C47A"}), or for fewer hosts."
  }
}
