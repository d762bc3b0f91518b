variable "pair_count" {
  description = "Pairs to measure with: a pair is one server and its clients."
  type        = number
  default     = 1

  validation {
    condition     = var.pair_count >= 1 && var.pair_count <= 128 && floor(var.pair_count) == var.pair_count
    error_message = "pair_count is ${var.pair_count}: allowed is a whole number from 1 to 128."
  }
}

variable "client_count" {
  description = "Clients of each pair's server, which load it together."
  type        = number
  default     = 1

  validation {
    condition     = var.client_count >= 1 && var.client_count <= 64 && floor(var.client_count) == var.client_count
    error_message = "client_count is ${var.client_count}: allowed is a whole number from 1 to 64."
  }
}

variable "max_hosts" {
  description = "How many hosts there may be, so that a slip of the finger is not paid for."
  type        = number
  default     = 10

  validation {
    condition     = var.max_hosts >= 2 && var.max_hosts <= 512 && floor(var.max_hosts) == var.max_hosts
    error_message = "max_hosts is ${var.max_hosts}: allowed is a whole number from 2 to 512."
  }

  validation {
    condition     = var.pair_count * (1 + var.client_count) <= var.max_hosts
    error_message = "${var.pair_count} pairs of a server and ${var.client_count} clients are ${var.pair_count * (1 + var.client_count)} hosts: allowed are max_hosts = ${var.max_hosts}. Ask for fewer, or set max_hosts."
  }
}

variable "instance_type" {
  description = "What a cloud calls the machine that each host is; null for machines of one's own."
  type        = string
  default     = null
}

variable "deadline" {
  description = "When each host turns itself off, UTC as RFC 3339 has it (2026-11-27T08:44:00Z); null for never."
  type        = string
  default     = null

  validation {
    condition     = var.deadline == null ? true : endswith(var.deadline, "Z") && can(formatdate("YYYY", var.deadline))
    error_message = "deadline is ${jsonencode(var.deadline)}: allowed is a time as 2026-11-27T08:44:00Z, or null."
  }
}

variable "time_servers" {
  description = "Addresses that the hosts take their time from; none: the image's own."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.time_servers : can(regex("^[0-9a-fA-F.:]+$", address)) && can(cidrhost("${address}/32", 0))])
    error_message = "time_servers is ${jsonencode(var.time_servers)}: allowed are numeric addresses."
  }
}

variable "package_groups" {
  description = "Groups of packages.txt that each host installs when it starts first: those of `make bench` and `host`."
  type        = list(string)
  default     = ["build", "plot", "trace", "host"]

  validation {
    condition     = alltrue([for group in var.package_groups : contains(["build", "test", "plot", "trace", "host"], group)])
    error_message = "package_groups is ${join(", ", var.package_groups)}: allowed are build, test, plot, trace and host."
  }
}
