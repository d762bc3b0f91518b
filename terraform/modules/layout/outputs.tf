output "pairs" {
  description = "Each pair's server and clients, as an inventory has them."
  value       = local.pairs
}

output "names" {
  description = "The hosts' names in order: a pair's server, its clients, the next pair's server."
  value       = local.names
}

output "hosts" {
  description = "Each host's pair and role by its name."
  value       = local.hosts
}

output "price_per_hour" {
  description = "Dollars an hour for one host, or null where prices.tf does not have its type."
  value       = var.instance_type == null ? null : lookup(local.prices, var.instance_type, null)
}

output "cloud_init" {
  description = "User data of each host: a text for cloud-init."
  value       = local.cloud_init
}
