variables {
  user         = "root"
  client_count = 2
  hosts = [
    for number in range(1, 7) : { private_address = "10.77.0.${number}", cpus = number, arch = "x86_64", price_per_hour = 0.5 }
  ]
}

run "machines_in_order_are_two_pairs" {
  command = apply

  assert {
    condition = jsonencode(output.inventory.pairs) == jsonencode({
      pair01 = { server = "pair01-server", clients = ["pair01-client1", "pair01-client2"] }
      pair02 = { server = "pair02-server", clients = ["pair02-client1", "pair02-client2"] }
    })
    error_message = jsonencode(output.inventory.pairs)
  }
  assert {
    condition     = output.inventory.hosts["pair02-server"].cpus == 4 && output.inventory.hosts["pair02-client2"].private_address == "10.77.0.6"
    error_message = jsonencode(output.inventory.hosts)
  }
  assert {
    condition     = output.price_per_hour == 3
    error_message = jsonencode(output.price_per_hour)
  }
}
