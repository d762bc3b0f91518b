output "inventory" {
  description = "The inventory, as docs/inventory.md has it."
  value       = local.inventory

  precondition {
    condition     = length(var.hosts) >= 1 && length(var.hosts) <= 512
    error_message = "hosts has ${length(var.hosts)} of them: allowed are 1 to 512."
  }

  precondition {
    condition = alltrue([for name in keys(var.hosts) : local.named[name]])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${jsonencode(name)} in pair ${jsonencode(host.pair)}" if !local.named[name]
    ])}: allowed are names of 1 to 63 of a to z, 0 to 9 and -, and no - at the front."
  }

  precondition {
    condition = alltrue([for host in values(var.hosts) : contains(["server", "client"], host.role)])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name}.role is ${jsonencode(host.role)}" if !contains(["server", "client"], host.role)
    ])}: allowed is server or client."
  }

  precondition {
    condition = alltrue([for host in values(var.hosts) : local.servers[host.pair] == 1])
    error_message = "hosts: ${join("; ", [
      for pair, count in local.servers : "${pair} has ${count} servers" if count != 1
    ])}: allowed is one server in each pair."
  }

  precondition {
    condition = alltrue([for host in values(var.hosts) : contains(range(1, 65), local.clients[host.pair])])
    error_message = "hosts: ${join("; ", [
      for pair, count in local.clients : "${pair} has ${count} clients" if !contains(range(1, 65), count)
    ])}: allowed are 1 to 64 clients in each pair."
  }

  precondition {
    condition     = length(distinct(values(var.hosts)[*].pair)) <= 128
    error_message = "hosts are in ${length(local.roles)} pairs: allowed are 1 to 128."
  }

  precondition {
    condition = alltrue([for name in keys(var.hosts) : local.private[name]])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name}.private_address is ${jsonencode(host.private_address)}" if !local.private[name]
    ])}: allowed are numeric private addresses (10/8, 172.16/12, 192.168/16, 100.64/10 or fc00::/7): trials never run over a public one."
  }

  precondition {
    condition = length(setsubtract(keys(var.hosts), local.twice)) == length(var.hosts)
    error_message = "hosts: ${join("; ", [
      for name in local.twice : "${name}.private_address is ${jsonencode(var.hosts[name].private_address)}"
    ])}: allowed is each address once."
  }

  precondition {
    condition = alltrue([for name in keys(var.hosts) : local.counted[name]])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name}.cpus is ${jsonencode(host.cpus)}" if !local.counted[name]
    ])}: allowed are whole numbers from 1 to 4096."
  }

  precondition {
    condition = alltrue([for host in values(var.hosts) : contains(["x86_64", "aarch64"], host.arch)])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name}.arch is ${jsonencode(host.arch)}" if !contains(["x86_64", "aarch64"], host.arch)
    ])}: allowed is x86_64 or aarch64, as `uname -m` says it."
  }

  precondition {
    condition = alltrue([for name in keys(var.hosts) : local.amounts[name]])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name} has price_per_hour ${jsonencode(host.price_per_hour)} and network_gbps ${jsonencode(host.network_gbps)}"
      if !local.amounts[name]
    ])}: allowed are numbers from 0.000001 to 1000000, or null."
  }

  precondition {
    condition = alltrue([for host in values(var.hosts) : host.instance_type == null ? true : can(regex("^[!-~]{1,64}$", host.instance_type))])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name}.instance_type is ${jsonencode(host.instance_type)}" if !can(regex("^[!-~]{1,64}$", coalesce(host.instance_type, "none")))
    ])}: allowed are 1 to 64 characters without a blank, or null."
  }

  precondition {
    condition     = length([for host in values(var.hosts) : host if host.here]) <= 1
    error_message = "hosts: ${join(", ", [for name, host in var.hosts : name if host.here])} are here: allowed is one such host."
  }

  precondition {
    condition = alltrue([for name in keys(var.hosts) : local.reached[name]])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name}.ssh_address is ${jsonencode(host.ssh_address)}" if !local.reached[name]
    ])}: allowed is a host's name or address, without a port, or null for private_address."
  }

  precondition {
    condition = alltrue([for name in keys(var.hosts) : local.ports[name]])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name}.ssh_port is ${jsonencode(host.ssh_port)}" if !local.ports[name]
    ])}: allowed are whole numbers from 1 to 65535."
  }
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
