variables {
  user = "admin"
  hosts = {
    server = {
      pair            = "pair01"
      role            = "server"
      private_address = "10.77.0.1"
      cpus            = 32
      arch            = "aarch64"
      instance_type   = "c6gn.8xlarge"
      price_per_hour  = 1.3824
      network_gbps    = 50
      ssh_address     = "203.0.113.9"
      ssh_port        = 2222
    }
    client2  = { pair = "pair01", role = "client", private_address = "10.77.0.3", cpus = 16, arch = "aarch64", price_per_hour = 0.5 }
    client10 = { pair = "pair01", role = "client", private_address = "fd00::2", cpus = 16, arch = "aarch64", here = true }
  }
}

run "every_key_of_the_format" {
  command = plan

  assert {
    condition = jsonencode(output.inventory) == jsonencode({
      schema_version = 1
      ssh_config     = "ssh_config"
      hosts = {
        server = {
          role           = "server", private_address = "10.77.0.1", cpus = 32, arch = "aarch64", instance_type = "c6gn.8xlarge",
          price_per_hour = 1.3824, network_gbps = 50
        }
        client2  = { role = "client", private_address = "10.77.0.3", cpus = 16, arch = "aarch64", price_per_hour = 0.5 }
        client10 = { role = "client", private_address = "fd00::2", cpus = 16, arch = "aarch64", here = true }
      }
      pairs = { pair01 = { server = "server", clients = ["client2", "client10"] } }
    })
    error_message = "inventory: ${jsonencode(output.inventory)}"
  }
  assert {
    condition     = output.price_per_hour == null
    error_message = "one host has no price, so all have none: ${jsonencode(output.price_per_hour)}"
  }
}

run "ssh_reaches_what_it_is_told" {
  command = plan

  assert {
    condition     = strcontains(output.ssh_config, "Host server\n  HostName 203.0.113.9\n  Port 2222\n")
    error_message = output.ssh_config
  }
  assert {
    condition     = strcontains(output.ssh_config_private, "Host server\n  HostName 10.77.0.1\n  Port 2222\n")
    error_message = output.ssh_config_private
  }
  assert {
    condition     = !strcontains(output.ssh_config, "IdentityFile") && !strcontains(output.ssh_config, "UserKnownHostsFile")
    error_message = output.ssh_config
  }
}

run "keys_by_their_paths" {
  command = plan
  variables {
    identity_file = "~/.ssh/my key"
    known_hosts   = "/tmp/known hosts"
  }

  assert {
    condition     = strcontains(output.ssh_config, "  IdentityFile \"~/.ssh/my key\"\n") && strcontains(output.ssh_config, "  UserKnownHostsFile \"/tmp/known hosts\"\n")
    error_message = output.ssh_config
  }
}

run "ansible_has_roles_and_pairs" {
  command = plan

  assert {
    condition = (
      join(" ", keys(yamldecode(output.ansible_inventory).all.children.servers.hosts)) == "server" &&
      join(" ", keys(yamldecode(output.ansible_inventory).all.children.pair01.hosts)) == "client10 client2 server" &&
      yamldecode(output.ansible_inventory).all.children.clients.hosts.client2.private_address == "10.77.0.3"
    )
    error_message = output.ansible_inventory
  }
}
