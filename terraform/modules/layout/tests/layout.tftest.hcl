run "a_server_and_a_client" {
  command = plan

  assert {
    condition     = join(" ", output.names) == "pair01-server pair01-client1"
    error_message = "names: ${jsonencode(output.names)}"
  }
  assert {
    condition     = jsonencode(output.pairs) == jsonencode({ pair01 = { server = "pair01-server", clients = ["pair01-client1"] } })
    error_message = "pairs: ${jsonencode(output.pairs)}"
  }
  assert {
    condition     = output.hosts["pair01-server"].role == "server" && output.hosts["pair01-client1"].role == "client"
    error_message = "hosts: ${jsonencode(output.hosts)}"
  }
  assert {
    condition     = output.price_per_hour == null && !strcontains(output.cloud_init, "coresweep-deadline")
    error_message = "a host that is no cloud's has no price and no deadline"
  }
}

run "more_than_a_hundred_pairs_stay_in_order" {
  command = plan
  variables {
    pair_count   = 101
    client_count = 2
    max_hosts    = 303
  }

  assert {
    condition     = length(output.hosts) == 303 && output.names[300] == "pair101-server" && output.names[302] == "pair101-client2"
    error_message = "names end in ${jsonencode(slice(output.names, 298, length(output.names)))}"
  }
  assert {
    condition     = alltrue([for name in output.names : startswith(name, "${output.hosts[name].pair}-${output.hosts[name].role}")])
    error_message = "a host is in another pair than its name says"
  }
}

run "a_price_and_a_deadline" {
  command = plan
  variables {
    instance_type = "c6gn.8xlarge"
    deadline      = "2026-11-27T08:44:00Z"
  }

  assert {
    condition     = output.price_per_hour == 1.3824
    error_message = "price_per_hour is ${jsonencode(output.price_per_hour)}"
  }
  assert {
    condition     = strcontains(output.cloud_init, "OnCalendar=2026-11-27 08:44:00 UTC\n")
    error_message = "the timer has another time"
  }
  assert {
    condition     = startswith(output.cloud_init, "#cloud-config\n") && join(" ", yamldecode(output.cloud_init).runcmd[1]) == "systemctl enable --now coresweep-deadline.timer"
    error_message = "the timer is not the first thing: ${jsonencode(yamldecode(output.cloud_init).runcmd)}"
  }
  # All of it is user data, which EC2 takes up to 16 KiB.
  assert {
    condition     = length(output.cloud_init) < 14000
    error_message = "cloud_init is ${length(output.cloud_init)} bytes"
  }
}

run "the_time_comes_from_there" {
  command = plan
  variables {
    time_servers = ["169.254.169.123", "fd00:ec2::123"]
  }

  assert {
    condition = join("", [
      for file in yamldecode(output.cloud_init).write_files : file.content if file.path == "/etc/chrony/sources.d/coresweep.sources"
    ]) == "server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4\nserver fd00:ec2::123 prefer iburst minpoll 4 maxpoll 4\n"
    error_message = jsonencode(yamldecode(output.cloud_init).write_files)
  }
  assert {
    condition     = join(" ", yamldecode(output.cloud_init).runcmd[1]) == "systemctl restart chrony"
    error_message = jsonencode(yamldecode(output.cloud_init).runcmd)
  }
}

run "what_is_not_in_the_list_has_no_price" {
  command = plan
  variables {
    instance_type = "c8gn.8xlarge"
  }

  assert {
    condition     = output.price_per_hour == null
    error_message = "price_per_hour is ${jsonencode(output.price_per_hour)}"
  }
}
