# Hosts as three programs read them: coresweep (docs/inventory.md), OpenSSH and Ansible. No provider, and no file: what
# is rendered are outputs.

terraform {
  required_version = ">= 1.9"
}

locals {
  pairs = {
    for pair in distinct(values(var.hosts)[*].pair) : pair => {
      server = try(one([for name, host in var.hosts : name if host.pair == pair && host.role == "server"]), null)
      # client10 after client9: a name's numbers count as numbers.
      clients = [
        for key, name in {
          for name, host in var.hosts :
          join("", [for part in flatten(regexall("[0-9]+|[^0-9]+", name)) : can(tonumber(part)) ? format("%064s", part) : part]) => name
          if host.pair == pair && host.role == "client"
        } : name
      ]
    }
  }

  inventory = {
    schema_version = 1
    ssh_config     = "ssh_config"
    hosts = {
      for name, host in var.hosts : name => {
        for key, value in {
          role            = host.role
          private_address = host.private_address
          cpus            = host.cpus
          arch            = host.arch
          instance_type   = host.instance_type
          price_per_hour  = host.price_per_hour
          network_gbps    = host.network_gbps
          here            = host.here ? true : null
        } : key => value if value != null
      }
    }
    pairs = local.pairs
  }

  # ControlMaster is for Ansible, git and fetching; a sweep's one session a host is a connection of its own.
  common = {
    User                  = var.user
    IdentityFile          = var.identity_file == null ? null : "\"${var.identity_file}\""
    IdentitiesOnly        = var.identity_file == null ? null : "yes"
    UserKnownHostsFile    = var.known_hosts == null ? null : "\"${var.known_hosts}\""
    StrictHostKeyChecking = "yes"
    BatchMode             = "yes"
    ConnectTimeout        = "5"
    ServerAliveInterval   = "1"
    ServerAliveCountMax   = "5"
    ControlMaster         = "auto"
    ControlPath           = "~/.ssh/coresweep-%C"
    ControlPersist        = "60s"
  }
  ssh_config = {
    for reached_by in ["ssh", "private"] : reached_by => join("\n", concat(
      ["# The hosts of a sweep, rendered by terraform/modules/inventory."],
      flatten([
        for name, host in var.hosts : [
          "Host ${name}",
          "  HostName ${reached_by == "ssh" ? coalesce(host.ssh_address, host.private_address) : host.private_address}",
          "  Port ${host.ssh_port}",
        ]
      ]),
      ["Host ${join(" ", keys(var.hosts))}"],
      [for key, value in local.common : "  ${key} ${value}" if value != null],
      [""],
    ))
  }

  # Ansible's inventory lies beside ssh_config: Ansible knows that folder.
  ansible = {
    all = {
      vars = {
        # ssh has it from ssh_config; Ansible asks for no sudo where it is root's already.
        ansible_user            = var.user
        ansible_ssh_common_args = "-F \"{{ inventory_dir }}/ssh_config\""
      }
      children = merge(
        {
          for role in ["server", "client"] : "${role}s" => {
            hosts = { for name, host in var.hosts : name => {
              pair            = host.pair
              role            = host.role
              private_address = host.private_address
              cpus            = host.cpus
            } if host.role == role }
          }
        },
        # A group's name is a word there, which has no -.
        {
          for pair in keys(local.pairs) : replace(pair, "-", "_") => {
            hosts = { for name, host in var.hosts : name => {} if host.pair == pair }
          }
        },
      )
    }
  }

  prices = values(var.hosts)[*].price_per_hour
}
