output "inventory" {
  description = "The inventory, as docs/inventory.md has it."
  value       = local.inventory
}

output "ssh_config" {
  description = "The file that the inventory names: hosts by the addresses that are reached from here."
  value       = local.ssh_config.ssh
}

output "ssh_config_private" {
  description = "The same by private addresses, for a sweep that one of the hosts runs."
  value       = local.ssh_config.private
}

output "ansible_inventory" {
  description = "Ansible's inventory, YAML, to lie beside ssh_config."
  value       = yamlencode(local.ansible)
}

output "price_per_hour" {
  description = "Dollars an hour for all hosts, or null where one of them has no price."
  value       = anytrue([for price in local.prices : price == null]) ? null : sum(local.prices)
}
