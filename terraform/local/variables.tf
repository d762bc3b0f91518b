variable "hosts" {
  description = <<-EOT
    The machines in order: a pair's server, its clients, the next pair's server. cpus and arch as `nproc` and `uname -m`
    say them there; ssh_address where ssh does not reach private_address; here = true for this machine.
  EOT
  type = list(object({
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
    condition     = length(var.hosts) >= 2 && length(var.hosts) % (1 + var.client_count) == 0
    error_message = "hosts has ${length(var.hosts)} of them: allowed is a multiple of ${1 + var.client_count}, a server and client_count = ${var.client_count} a pair."
  }
}

variable "client_count" {
  description = "Clients of each server."
  type        = number
  default     = 1

  validation {
    condition     = contains(range(1, 65), var.client_count)
    error_message = "client_count is ${var.client_count}: allowed is a whole number from 1 to 64."
  }
}

variable "user" {
  description = "The login on each host."
  type        = string
}

variable "identity_file" {
  description = "The private key's path here; null for those that ssh tries by itself."
  type        = string
  default     = null
}

variable "known_hosts" {
  description = "The file with the hosts' keys; null for ssh's own."
  type        = string
  default     = null
}
