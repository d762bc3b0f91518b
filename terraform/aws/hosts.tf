# The hosts themselves. Their number, names and first acts are modules/layout's; what their type can do, AWS says.

module "layout" {
  source        = "../modules/layout"
  pair_count    = var.pair_count
  client_count  = var.client_count
  max_hosts     = var.max_hosts
  instance_type = var.instance_type
  deadline      = local.deadline
  # AWS's own clock, which no rule holds back; others are beyond what may go out.
  time_servers = ["169.254.169.123"]
}

data "aws_ec2_instance_type" "host" {
  instance_type = var.instance_type

  lifecycle {
    postcondition {
      condition     = contains(self.supported_architectures, "arm64")
      error_message = "instance_type ${var.instance_type} is ${join(" and ", self.supported_architectures)}: allowed are types of arm64, as those of c6gn, c7gn and c8gn."
    }
    postcondition {
      condition     = var.allow_burstable || !(startswith(self.network_performance, "Up to ") || self.burstable_performance_supported)
      error_message = "instance_type ${var.instance_type} has a network of \"${self.network_performance}\"${self.burstable_performance_supported ? " and CPUs that burst" : ""}, which it does not keep up: allowed are types with a fixed one, as c6gn.4xlarge and larger. To measure there all the same, set allow_burstable = true."
    }
    postcondition {
      condition     = var.placement == "none" || contains(self.supported_placement_strategies, "cluster")
      error_message = "instance_type ${var.instance_type} cannot be placed as a cluster: set placement = \"none\", or take another."
    }
  }
}

data "aws_ec2_instance_type_offerings" "zones" {
  location_type = "availability-zone"

  filter {
    name   = "instance-type"
    values = [var.instance_type]
  }

  lifecycle {
    postcondition {
      condition     = var.availability_zone == null ? length(self.locations) > 0 : contains(self.locations, var.availability_zone)
      error_message = "instance_type ${var.instance_type} is offered in ${length(self.locations) == 0 ? "no zone" : join(", ", sort(self.locations))} of ${var.region}${var.availability_zone == null ? ": take another type or region" : ", and availability_zone is ${jsonencode(var.availability_zone)}"}."
    }
  }
}

data "aws_ssm_parameter" "debian" {
  count = var.ami_id == null ? 1 : 0
  name  = "/aws/service/debian/release/12/latest/arm64"
}

locals {
  zone = var.availability_zone == null ? sort(data.aws_ec2_instance_type_offerings.zones.locations)[0] : var.availability_zone
  ami  = var.ami_id == null ? data.aws_ssm_parameter.debian[0].insecure_value : var.ami_id

  # An address for each possible name, so that a host keeps its own when others come. The first four are AWS's.
  addresses = {
    for name, host in module.layout.hosts : name => cidrhost(
      aws_subnet.this.cidr_block,
      16 + 65 * (tonumber(regex("[0-9]+$", host.pair)) - 1) + (host.role == "server" ? 0 : tonumber(regex("[0-9]+$", name))),
    )
  }

  network_performance = data.aws_ec2_instance_type.host.network_performance
}

resource "aws_instance" "host" {
  # checkov:skip=CKV_AWS_88: the operator's ssh and packages need one; rules let nothing else through
  # checkov:skip=CKV_AWS_126: coresweep itself reads the machine in every trial
  # checkov:skip=CKV2_AWS_41: a host needs no rights at AWS, so it has none
  for_each                             = module.layout.hosts
  ami                                  = local.ami
  instance_type                        = var.instance_type
  key_name                             = aws_key_pair.operator.key_name
  subnet_id                            = aws_subnet.this.id
  private_ip                           = local.addresses[each.key]
  associate_public_ip_address          = true
  vpc_security_group_ids               = [aws_security_group.hosts.id]
  placement_group                      = var.placement == "cluster" ? aws_placement_group.pair[each.value.pair].name : null
  instance_initiated_shutdown_behavior = "terminate"
  ebs_optimized                        = true
  user_data                            = module.layout.cloud_init
  tags                                 = merge(local.tags, { Name = "${var.name}-${each.key}", coresweep-role = each.value.role })

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type           = "gp3"
    volume_size           = var.disk_gb
    encrypted             = true
    delete_on_termination = true
    tags                  = merge(local.tags, { Name = "${var.name}-${each.key}" })
  }

  dynamic "instance_market_options" {
    for_each = var.spot ? ["spot"] : []
    content {
      market_type = "spot"
      spot_options {
        spot_instance_type             = "one-time"
        instance_interruption_behavior = "terminate"
      }
    }
  }

  lifecycle {
    # A newer image or list of packages is no reason to lose a host that is there.
    ignore_changes = [ami, user_data]

    # A host that starts after it would have none: its timer and AWS's schedule both lie in the past.
    precondition {
      condition     = timecmp(local.deadline, plantimestamp()) > 0
      error_message = "The deadline of these hosts was ${local.deadline}, so none can be added: terraform destroy what is left, then apply."
    }
  }

  depends_on = [aws_route.out, aws_route_table_association.this, aws_vpc_security_group_egress_rule.packages]
}

module "inventory" {
  source        = "../modules/inventory"
  user          = var.user
  identity_file = var.identity_file
  known_hosts   = var.known_hosts
  hosts = {
    for name, host in module.layout.hosts : name => {
      pair            = host.pair
      role            = host.role
      private_address = aws_instance.host[name].private_ip
      ssh_address     = aws_instance.host[name].public_ip
      cpus            = data.aws_ec2_instance_type.host.default_vcpus
      arch            = "aarch64"
      instance_type   = var.instance_type
      price_per_hour  = var.price_per_hour # what a report counts with is never a remembered one
      network_gbps    = local.network_gbps
    }
  }
}
