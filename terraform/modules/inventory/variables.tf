variable "hosts" {
  description = "Each host by its name, which is its ssh alias, too."
  type = map(object({
    pair            = string
    role            = string
    private_address = string
    cpus            = number
    arch            = string
    instance_type   = optional(string)
    price_per_hour  = optional(number)
    network_gbps    = optional(number)
    here            = optional(bool, false)
    ssh_address     = optional(string)
    ssh_port        = optional(number, 22)
  }))

  validation {
    condition     = length(var.hosts) >= 1 && length(var.hosts) <= 512
    error_message = "hosts has ${length(var.hosts)} of them: allowed are 1 to 512."
  }

  validation {
    condition = alltrue([
      for name, host in var.hosts : alltrue([for text in [name, host.pair] : can(regex("^[a-z0-9][a-z0-9-]{0,62}$", text))])
    ])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${jsonencode(name)} in pair ${jsonencode(host.pair)}"
      if !alltrue([for text in [name, host.pair] : can(regex("^[a-z0-9][a-z0-9-]{0,62}$", text))])
    ])}: allowed are names of 1 to 63 of a to z, 0 to 9 and -, and no - at the front."
  }

  validation {
    condition = alltrue([for host in values(var.hosts) : contains(["server", "client"], host.role)])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name}.role is ${jsonencode(host.role)}" if !contains(["server", "client"], host.role)
    ])}: allowed is server or client."
  }

  validation {
    condition = alltrue([
      for pair in distinct(values(var.hosts)[*].pair) :
      length([for host in values(var.hosts) : host if host.pair == pair && host.role == "server"]) == 1
    ])
    error_message = "hosts: ${join("; ", [
      for pair in distinct(values(var.hosts)[*].pair) :
      "${pair} has ${length([for host in values(var.hosts) : host if host.pair == pair && host.role == "server"])} servers"
      if length([for host in values(var.hosts) : host if host.pair == pair && host.role == "server"]) != 1
    ])}: allowed is one server in each pair."
  }

  validation {
    condition = alltrue([
      for pair in distinct(values(var.hosts)[*].pair) :
      contains(range(1, 65), length([for host in values(var.hosts) : host if host.pair == pair && host.role == "client"]))
    ])
    error_message = "hosts: ${join("; ", [
      for pair in distinct(values(var.hosts)[*].pair) :
      "${pair} has ${length([for host in values(var.hosts) : host if host.pair == pair && host.role == "client"])} clients"
      if !contains(range(1, 65), length([for host in values(var.hosts) : host if host.pair == pair && host.role == "client"]))
    ])}: allowed are 1 to 64 clients in each pair."
  }

  validation {
    condition     = length(distinct(values(var.hosts)[*].pair)) <= 128
    error_message = "hosts are in ${length(distinct(values(var.hosts)[*].pair))} pairs: allowed are 1 to 128."
  }

  # What a prefix leaves of an address names its range; the form without leading zeros is the one that all read alike.
  validation {
    condition = alltrue([
      for host in values(var.hosts) : (
        can(regex("^((0|[1-9][0-9]{0,2})\\.){3}(0|[1-9][0-9]{0,2})$", host.private_address)) ?
        try(cidrhost("${host.private_address}/8", 0) == "10.0.0.0", false) ||
        try(cidrhost("${host.private_address}/12", 0) == "172.16.0.0", false) ||
        try(cidrhost("${host.private_address}/16", 0) == "192.168.0.0", false) ||
        try(cidrhost("${host.private_address}/10", 0) == "100.64.0.0", false) :
        can(regex("^[0-9a-fA-F:]+$", host.private_address)) && try(cidrhost("${host.private_address}/7", 0) == "fc00::", false)
      )
    ])
    error_message = "hosts: private_address of ${join(", ", [
      for name, host in var.hosts : "${name} is ${jsonencode(host.private_address)}"
    ])}: allowed are numeric private addresses (10/8, 172.16/12, 192.168/16, 100.64/10 or fc00::/7): trials never run over a public one."
  }

  validation {
    condition = length(distinct([
      for host in values(var.hosts) : try(cidrhost("${host.private_address}/128", 0), host.private_address)
    ])) == length(var.hosts)
    error_message = "hosts: private_address is ${join(", ", sort(values(var.hosts)[*].private_address))}: allowed is each once."
  }

  validation {
    condition     = alltrue([for host in values(var.hosts) : host.cpus >= 1 && host.cpus <= 4096 && floor(host.cpus) == host.cpus])
    error_message = "hosts: cpus are ${join(", ", values(var.hosts)[*].cpus)}: allowed are whole numbers from 1 to 4096."
  }

  validation {
    condition = alltrue([for host in values(var.hosts) : contains(["x86_64", "aarch64"], host.arch)])
    error_message = "hosts: ${join("; ", [
      for name, host in var.hosts : "${name}.arch is ${jsonencode(host.arch)}" if !contains(["x86_64", "aarch64"], host.arch)
    ])}: allowed is x86_64 or aarch64, as `uname -m` says it."
  }

  validation {
    condition = alltrue([
      for number in concat(values(var.hosts)[*].price_per_hour, values(var.hosts)[*].network_gbps) :
      number == null ? true : number > 0 && number <= 1000000
    ])
    error_message = "hosts: price_per_hour and network_gbps: allowed are numbers above 0, at most 1000000, or null."
  }

  validation {
    condition     = alltrue([for host in values(var.hosts) : host.instance_type == null ? true : can(regex("^[!-~]{1,64}$", host.instance_type))])
    error_message = "hosts: instance_type: allowed are 1 to 64 characters without a blank, or null."
  }

  validation {
    condition     = length([for host in values(var.hosts) : host if host.here]) <= 1
    error_message = "hosts: ${join(", ", [for name, host in var.hosts : name if host.here])} are here: allowed is one such host."
  }

  # These go into ssh_config, where a blank or a new line would be another word.
  validation {
    condition = alltrue([
      for host in values(var.hosts) : host.ssh_address == null ? true : can(regex("^[0-9A-Za-z][0-9A-Za-z.:-]{0,252}$", host.ssh_address))
    ])
    error_message = "hosts: ssh_address: allowed is a host's name or address, without a port, or null for private_address."
  }

  validation {
    condition     = alltrue([for host in values(var.hosts) : host.ssh_port >= 1 && host.ssh_port <= 65535 && floor(host.ssh_port) == host.ssh_port])
    error_message = "hosts: ssh_port is ${join(", ", distinct(values(var.hosts)[*].ssh_port))}: allowed are whole numbers from 1 to 65535."
  }
}

variable "user" {
  description = "The login on each host."
  type        = string

  validation {
    condition     = can(regex("^[a-z_][a-z0-9_-]{0,31}$", var.user))
    error_message = "user is ${jsonencode(var.user)}: allowed is a login of a to z, 0 to 9, _ and -."
  }
}

variable "identity_file" {
  description = "The private key's path here; null for those that ssh tries by itself."
  type        = string
  default     = null

  validation {
    condition     = var.identity_file == null ? true : can(regex("^[^\"\\\\[:cntrl:]]+$", var.identity_file))
    error_message = "identity_file is ${jsonencode(var.identity_file)}: allowed is a path without quotes, \\ and new lines, or null."
  }
}

variable "known_hosts" {
  description = "The file with the hosts' keys; null for ssh's own."
  type        = string
  default     = null

  validation {
    condition     = var.known_hosts == null ? true : can(regex("^[^\"\\\\[:cntrl:]]+$", var.known_hosts))
    error_message = "known_hosts is ${jsonencode(var.known_hosts)}: allowed is a path without quotes, \\ and new lines, or null."
  }
}
