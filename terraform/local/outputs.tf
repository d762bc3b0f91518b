output "inventory" {
  description = "For `coresweep run --hosts`: terraform output -json inventory >inventory.json"
  value       = module.inventory.inventory
}

output "ssh_config" {
  description = "To lie beside it: terraform output -raw ssh_config >ssh_config"
  value       = module.inventory.ssh_config
}

output "ssh_config_private" {
  description = "The same by private addresses, for a sweep that one of the hosts runs."
  value       = module.inventory.ssh_config_private
}

output "ansible_inventory" {
  description = "For Ansible, beside them: terraform output -raw ansible_inventory >hosts.yml"
  value       = module.inventory.ansible_inventory
}

output "command" {
  description = "What is next, once `make inventory-local` has written that file: deploys, tunes, sweeps, fetches the run and draws it."
  value       = "make bench-cloud HOSTS=build/hosts/inventory.json"
}

output "price_per_hour" {
  description = "Dollars an hour for all hosts, or null where one of them has no price."
  value       = module.inventory.price_per_hour
}
