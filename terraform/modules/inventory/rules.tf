# What variable hosts is held against: of each host whether it keeps a rule, of each pair how many it has. Output
# inventory says what is wrong: a validation of the variable cannot ask for what is computed from it.
locals {
  roles   = { for host in values(var.hosts) : host.pair => host.role... }
  servers = { for pair, roles in local.roles : pair => length([for role in roles : role if role == "server"]) }
  clients = { for pair, roles in local.roles : pair => length([for role in roles : role if role == "client"]) }

  named = {
    for name, host in var.hosts : name => alltrue([for text in [name, host.pair] : can(regex("^[a-z0-9][a-z0-9-]{0,62}$", text))])
  }

  # What a prefix leaves of an address names its range. The forms are those that all programs read alike: no leading
  # zero, no name, no zone.
  private = {
    for name, host in var.hosts : name => (
      can(regex("^((0|[1-9][0-9]{0,2})\\.){3}(0|[1-9][0-9]{0,2})$", host.private_address)) ?
      anytrue([
        for range in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"] :
        try("${cidrhost("${host.private_address}/${split("/", range)[1]}", 0)}/${split("/", range)[1]}" == range, false)
      ]) :
      can(regex("^[0-9a-fA-F:]+$", host.private_address)) && try(cidrhost("${host.private_address}/7", 0) == "fc00::", false)
    )
  }
  # One address may be written in several ways.
  addresses = { for name, host in var.hosts : try(cidrhost("${host.private_address}/128", 0), coalesce(host.private_address, "none")) => name... }
  twice     = flatten([for names in values(local.addresses) : names if length(names) > 1])

  counted = { for name, host in var.hosts : name => try(host.cpus >= 1 && host.cpus <= 4096 && floor(host.cpus) == host.cpus, false) }
  amounts = {
    for name, host in var.hosts : name => alltrue([
      for number in [host.price_per_hour, host.network_gbps] : number == null ? true : number >= 0.000001 && number <= 1000000
    ])
  }
  # These go into ssh_config, where a blank or a new line would begin another word, and a - an option.
  reached = {
    for name, host in var.hosts : name =>
    host.ssh_address == null ? true : can(regex("^[0-9A-Za-z][0-9A-Za-z.:-]{0,252}$", host.ssh_address))
  }
  ports = { for name, host in var.hosts : name => try(host.ssh_port >= 1 && host.ssh_port <= 65535 && floor(host.ssh_port) == host.ssh_port, false) }
}
