# A network of its own, which nothing else of the account is in. Trials run over its private addresses; the public ones
# are for ssh and for packages.

locals {
  network = "10.77.0.0/16"
  tags    = { coresweep = var.name, coresweep-deadline = local.deadline }
}

resource "aws_vpc" "this" {
  # checkov:skip=CKV2_AWS_11: logs of each connection would cost more than what they could tell of hours
  cidr_block           = local.network
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(local.tags, { Name = var.name })
}

# Without rules, for it is what a host gets that names no group.
resource "aws_default_security_group" "empty" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = "${var.name}-unused" })
}

resource "aws_subnet" "this" {
  vpc_id            = aws_vpc.this.id
  availability_zone = local.zone
  cidr_block        = cidrsubnet(local.network, 2, 0)
  tags              = merge(local.tags, { Name = var.name })
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = var.name })
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = var.name })
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.this.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "this" {
  subnet_id      = aws_subnet.this.id
  route_table_id = aws_route_table.this.id
}

resource "aws_placement_group" "pair" {
  for_each = var.placement == "cluster" ? module.layout.pairs : {}
  name     = "${var.name}-${each.key}"
  strategy = "cluster"
  tags     = merge(local.tags, { Name = "${var.name}-${each.key}" })
}
