variable "hosts" {
  description = "Each host by its name, which is its ssh alias, too. Output inventory holds them against the rules."
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
