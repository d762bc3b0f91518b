# Machines that are there already, described for a sweep: no cloud, no provider, no file. `make inventory-local` writes
# the outputs where coresweep reads them.

terraform {
  required_version = ">= 1.9"
}

module "layout" {
  source       = "../modules/layout"
  pair_count   = length(var.hosts) / (1 + var.client_count)
  client_count = var.client_count
  max_hosts    = 512
}

module "inventory" {
  source        = "../modules/inventory"
  user          = var.user
  identity_file = var.identity_file
  known_hosts   = var.known_hosts
  hosts = {
    for number, name in module.layout.names : name => merge(module.layout.hosts[name], var.hosts[number])
  }
}
