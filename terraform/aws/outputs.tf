locals {
  price        = var.price_per_hour == null ? module.layout.price_per_hour : var.price_per_hour
  network_gbps = try(tonumber(regex("^([0-9.]+) Gigabit$", local.network_performance)[0]), null)
  # A public address, and a GB of gp3 for an hour, in us-east-1.
  extras = 0.005 + var.disk_gb * 0.08 / 730
}

output "inventory" {
  description = "For `coresweep run --hosts`: terraform output -json inventory >inventory.json"
  value       = module.inventory.inventory
}

output "ssh_config" {
  description = "To lie beside it: terraform output -raw ssh_config >ssh_config"
  value       = module.inventory.ssh_config
}

output "ssh_config_private" {
  description = "The same by private addresses, for the host that runs the sweep."
  value       = module.inventory.ssh_config_private
}

output "ansible_inventory" {
  description = "For Ansible, beside them: terraform output -raw ansible_inventory >hosts.yml"
  value       = module.inventory.ansible_inventory
}

output "command" {
  description = "What is next: deploys, tunes, sweeps, fetches the run and draws it. Then make cloud-down."
  value       = "make bench-cloud"
}

output "price_per_hour" {
  description = "An estimate of what all of it costs an hour in dollars, on demand, with disks and addresses; null where the type's price is not known."
  value       = local.price == null ? null : length(module.layout.hosts) * (local.price + local.extras)
}

output "deadline" {
  description = "When all hosts are terminated, in UTC."
  value       = local.deadline
}

output "name" {
  description = "The tag coresweep of all of it; with region what `make cloud-down` looks for."
  value       = var.name
}

output "region" {
  description = "Where it is."
  value       = var.region
}

output "instance_ids" {
  description = "AWS's name of each host."
  value       = { for name, host in aws_instance.host : name => host.id }
}
