# What AWS would answer is made up here; names and types are held against the provider's schema.
mock_provider "aws" {
  mock_data "aws_ec2_instance_type" {
    defaults = {
      supported_architectures         = ["arm64"]
      supported_placement_strategies  = ["cluster", "partition", "spread"]
      network_performance             = "50 Gigabit"
      burstable_performance_supported = false
      default_vcpus                   = 32
    }
  }
  mock_data "aws_ec2_instance_type_offerings" {
    defaults = { locations = ["us-east-1c", "us-east-1b"] }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "ami-0123456789abcdef0" }
  }
  mock_data "aws_servicequotas_service_quota" {
    defaults = { value = 640 }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_resource "aws_instance" {
    defaults = { public_ip = "203.0.113.10" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/coresweep-deadline" }
  }
}

variables {
  operator_cidrs = ["198.51.100.7/32"]
  public_key     = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0vW2FqTq1mJm6YBqZ0n3mQk0cXo1b5lCk5z0h3mS7d operator@laptop"
}

run "defaults" {
  assert {
    condition = jsonencode(output.inventory) == jsonencode({
      schema_version = 1
      ssh_config     = "ssh_config"
      hosts = {
        for name, number in { server = 16, client1 = 17 } : "pair01-${name}" => {
          role                       = trimsuffix(name, "1")
          private_address            = "10.77.0.${number}"
          cpus                       = 32
          arch                       = "aarch64"
          instance_type              = "c6gn.8xlarge"
          network_gbps               = 50
        }
      }
      pairs = { pair01 = { server = "pair01-server", clients = ["pair01-client1"] } }
    })
    error_message = jsonencode(output.inventory)
  }
  assert {
    condition     = strcontains(output.ssh_config, "Host pair01-server\n  HostName 203.0.113.10\n") && strcontains(output.ssh_config, "  User admin\n")
    error_message = output.ssh_config
  }
  assert {
    condition     = output.price_per_hour > 2 * 1.3824 && output.price_per_hour < 2 * 1.3824 * 1.02
    error_message = "price_per_hour is ${output.price_per_hour}"
  }
  assert {
    condition = alltrue([
      for host in aws_instance.host : host.instance_type == "c6gn.8xlarge" && host.ami == "ami-0123456789abcdef0" &&
      host.instance_initiated_shutdown_behavior == "terminate" && host.placement_group == "coresweep-pair01" &&
      length(host.instance_market_options) == 0 && host.metadata_options[0].http_tokens == "required" &&
      host.root_block_device[0].encrypted && host.root_block_device[0].volume_type == "gp3"
    ])
    error_message = "a host is other than it should be"
  }
  assert {
    condition     = aws_subnet.this.availability_zone == "us-east-1b"
    error_message = "the zone is ${aws_subnet.this.availability_zone}"
  }
  # Six hours from now, less the time that the test took.
  assert {
    condition     = timecmp(output.deadline, timeadd(plantimestamp(), "355m")) > 0 && timecmp(output.deadline, timeadd(plantimestamp(), "360m")) <= 0
    error_message = "the deadline is ${output.deadline}"
  }
  assert {
    condition     = length(regexall("OnCalendar=${replace(trimsuffix(output.deadline, "Z"), "T", " ")} UTC\n", aws_instance.host["pair01-server"].user_data)) == 1
    error_message = "the host's own timer has another deadline"
  }
  assert {
    condition     = strcontains(aws_instance.host["pair01-client1"].user_data, "server 169.254.169.123 prefer")
    error_message = "the host does not ask AWS for the time, and may not ask others"
  }
  assert {
    condition     = aws_scheduler_schedule.deadline.schedule_expression == "at(${trimsuffix(output.deadline, "Z")})"
    error_message = "AWS's deadline is ${aws_scheduler_schedule.deadline.schedule_expression}"
  }
  assert {
    condition     = join(" ", jsondecode(aws_scheduler_schedule.deadline.target[0].input).InstanceIds) == join(" ", sort([for host in aws_instance.host : host.id]))
    error_message = "not all hosts have a deadline: ${aws_scheduler_schedule.deadline.target[0].input}"
  }
}

# The same state: what is there stays there.
run "a_pair_more" {
  variables {
    pair_count = 2
    ttl_hours  = 1
  }

  assert {
    condition     = aws_instance.host["pair01-server"].id == run.defaults.instance_ids["pair01-server"] && length(aws_instance.host) == 4
    error_message = "a host was made anew"
  }
  assert {
    condition     = output.deadline == run.defaults.deadline
    error_message = "the deadline moved to ${output.deadline}"
  }
}

run "four_pairs_of_four_clients" {
  state_key = "four"
  variables {
    pair_count     = 4
    client_count   = 4
    max_hosts      = 20
    operator_cidrs = ["198.51.100.0/24", "203.0.113.7/32"]
  }

  assert {
    condition     = length(output.inventory.hosts) == 20 && join(" ", output.inventory.pairs.pair04.clients) == "pair04-client1 pair04-client2 pair04-client3 pair04-client4"
    error_message = jsonencode(output.inventory.pairs)
  }
  assert {
    condition     = length(aws_placement_group.pair) == 4 && aws_instance.host["pair04-client4"].placement_group == "coresweep-pair04"
    error_message = "a pair is not in a group of its own"
  }
  assert {
    condition     = aws_instance.host["pair04-client4"].private_ip == "10.77.0.215"
    error_message = "the address is ${aws_instance.host["pair04-client4"].private_ip}"
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.operator) == 2
    error_message = "not each of the operator's ranges has a rule"
  }
}

run "spot" {
  command   = plan
  state_key = "planned"
  variables {
    spot = true
  }

  assert {
    condition = alltrue([
      for host in aws_instance.host : host.instance_market_options[0].market_type == "spot" &&
      host.instance_market_options[0].spot_options[0].instance_interruption_behavior == "terminate"
    ])
    error_message = "a host is not spot"
  }
}

run "anywhere_in_the_zone" {
  command   = plan
  state_key = "planned"
  variables {
    placement         = "none"
    availability_zone = "us-east-1c"
    ami_id            = "ami-0fedcba9876543210"
  }

  assert {
    condition     = length(aws_placement_group.pair) == 0 && length(data.aws_ssm_parameter.debian) == 0
    error_message = "what is not asked for is made"
  }
  assert {
    condition     = aws_instance.host["pair01-server"].ami == "ami-0fedcba9876543210" && aws_subnet.this.availability_zone == "us-east-1c"
    error_message = "the image or the zone is another"
  }
}

run "a_type_without_a_price" {
  command   = plan
  state_key = "planned"
  variables {
    instance_type = "c8gn.8xlarge"
  }

  assert {
    condition     = output.price_per_hour == null && !contains(keys(output.inventory.hosts["pair01-server"]), "price_per_hour")
    error_message = "a price is made up: ${jsonencode(output.price_per_hour)}"
  }
}

run "a_price_of_ones_own" {
  command   = plan
  state_key = "planned"
  variables {
    instance_type  = "c8gn.8xlarge"
    price_per_hour = 1.5
  }

  assert {
    condition     = output.inventory.hosts["pair01-server"].price_per_hour == 1.5 && output.price_per_hour > 3
    error_message = jsonencode(output.price_per_hour)
  }
}

run "bursting_when_asked_for" {
  command   = plan
  state_key = "planned"
  variables {
    instance_type   = "c6gn.large"
    allow_burstable = true
  }

  override_data {
    target = data.aws_ec2_instance_type.host
    values = {
      supported_architectures         = ["arm64"]
      supported_placement_strategies  = ["cluster"]
      network_performance             = "Up to 25 Gigabit"
      burstable_performance_supported = false
      default_vcpus                   = 2
    }
  }

  assert {
    condition     = !contains(keys(output.inventory.hosts["pair01-server"]), "network_gbps") && output.inventory.hosts["pair01-server"].cpus == 2
    error_message = "a burst is called an allowance: ${jsonencode(output.inventory.hosts)}"
  }
}
