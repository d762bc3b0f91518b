# Who is who among the hosts of a sweep, what they cost, and what each does when it starts first. No provider: it
# decides, and others make hosts of it.

terraform {
  required_version = ">= 1.9"
}

locals {
  # A name stays its host's when a pair or a client is added, so nothing is made anew.
  pairs = {
    for number in range(1, var.pair_count + 1) : format("pair%02d", number) => {
      server  = format("pair%02d-server", number)
      clients = [for client in range(1, var.client_count + 1) : format("pair%02d-client%d", number, client)]
    }
  }
  # By number: as a map's keys pair100 comes before pair11.
  names = flatten([
    for number in range(1, var.pair_count + 1) : [
      local.pairs[format("pair%02d", number)].server,
      local.pairs[format("pair%02d", number)].clients,
    ]
  ])
  hosts = merge([
    for name, pair in local.pairs : merge(
      { (pair.server) = { pair = name, role = "server" } },
      { for client in pair.clients : client => { pair = name, role = "client" } },
    )
  ]...)
}
