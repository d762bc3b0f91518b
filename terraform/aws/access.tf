# Who may speak to the hosts: the operator by ssh, and they to each other. Out go packages alone. Name service, time and
# metadata are AWS's own, at addresses that no rule holds back.

locals {
  between_hosts = {
    ssh    = { from = 22, to = 22, description = "ssh of the host that runs the sweep" }
    trials = { from = 1024, to = 65535, description = "Trials" }
  }
}

resource "aws_security_group" "hosts" {
  name        = "${var.name}-hosts"
  description = "The hosts of a sweep"
  vpc_id      = aws_vpc.this.id
  tags        = merge(local.tags, { Name = "${var.name}-hosts" })
}

resource "aws_vpc_security_group_ingress_rule" "operator" {
  for_each          = toset(var.operator_cidrs)
  security_group_id = aws_security_group.hosts.id
  description       = "ssh from the operator"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  tags              = merge(local.tags, { Name = "${var.name}-operator" })
}

resource "aws_vpc_security_group_ingress_rule" "hosts" {
  # checkov:skip=CKV_AWS_24: from the hosts themselves, not from the world
  # checkov:skip=CKV_AWS_25: as above
  for_each                     = local.between_hosts
  security_group_id            = aws_security_group.hosts.id
  description                  = each.value.description
  referenced_security_group_id = aws_security_group.hosts.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.from
  to_port                      = each.value.to
  tags                         = merge(local.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_security_group_ingress_rule" "ping" {
  # checkov:skip=CKV_AWS_277: from the hosts themselves, not from the world
  security_group_id            = aws_security_group.hosts.id
  description                  = "Is a host there, and how large may a packet be"
  referenced_security_group_id = aws_security_group.hosts.id
  ip_protocol                  = "icmp"
  from_port                    = -1
  to_port                      = -1
  tags                         = merge(local.tags, { Name = "${var.name}-ping" })
}

resource "aws_vpc_security_group_egress_rule" "hosts" {
  for_each                     = local.between_hosts
  security_group_id            = aws_security_group.hosts.id
  description                  = each.value.description
  referenced_security_group_id = aws_security_group.hosts.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.from
  to_port                      = each.value.to
  tags                         = merge(local.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_security_group_egress_rule" "ping" {
  # checkov:skip=CKV_AWS_382: to the hosts themselves, not to the world
  security_group_id            = aws_security_group.hosts.id
  description                  = "Is a host there, and how large may a packet be"
  referenced_security_group_id = aws_security_group.hosts.id
  ip_protocol                  = "icmp"
  from_port                    = -1
  to_port                      = -1
  tags                         = merge(local.tags, { Name = "${var.name}-ping" })
}

resource "aws_vpc_security_group_egress_rule" "packages" {
  for_each          = { http = 80, https = 443 }
  security_group_id = aws_security_group.hosts.id
  description       = "Packages by ${each.key}"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  tags              = merge(local.tags, { Name = "${var.name}-${each.key}" })
}

# The private half is the operator's: terraform never has it.
resource "aws_key_pair" "operator" {
  key_name_prefix = "${var.name}-"
  public_key      = trimspace(var.public_key)
  tags            = merge(local.tags, { Name = "${var.name}-operator" })
}
