variable "operator_cidrs" {
  description = "Where ssh may come from: your own address as others see it, with /32 behind it."
  type        = list(string)

  validation {
    condition = length(var.operator_cidrs) > 0 && length(var.operator_cidrs) <= 16 && alltrue([
      for range in var.operator_cidrs :
      can(regex("^[0-9.]+/(2[4-9]|3[0-2])$", range)) && try(cidrhost(range, 0) == split("/", range)[0], false)
    ])
    error_message = "operator_cidrs is ${jsonencode(var.operator_cidrs)}: allowed are 1 to 16 ranges of IPv4 addresses from /24 to /32 by their first address, as 203.0.113.7/32. What your address is, `curl https://checkip.amazonaws.com` says."
  }
}

variable "public_key" {
  description = "The public half of the key that you reach the hosts with, as a file like ~/.ssh/id_ed25519.pub has it."
  type        = string

  validation {
    condition     = can(regex("^(ssh-ed25519|ssh-rsa) [A-Za-z0-9+/]{60,}={0,2}( [^\\n]*)?\\n?$", var.public_key))
    error_message = "public_key begins with ${jsonencode(substr(var.public_key, 0, min(11, length(var.public_key))))}: allowed is one line as a file like ~/.ssh/id_ed25519.pub has it: ssh-ed25519 or ssh-rsa, then the key. A private key stays where it is."
  }
}

variable "region" {
  description = "AWS's region."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region)) && !can(regex("^(cn|us-gov)-", var.region))
    error_message = "region is ${jsonencode(var.region)}: allowed is a region's name, as us-east-1 or eu-central-1, and none of China's or GovCloud's."
  }
}

variable "availability_zone" {
  description = "The zone that all hosts are in; null for the first that offers instance_type."
  type        = string
  default     = null
}

variable "name" {
  description = "What all of it is called and tagged with; one set of hosts a name."
  type        = string
  default     = "coresweep"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,27}$", var.name))
    error_message = "name is ${jsonencode(var.name)}: allowed are 1 to 28 of a to z, 0 to 9 and -, a letter at the front."
  }
}

variable "instance_type" {
  description = "The machine that each host is, of an arm64 family: c6gn, c7gn, c8gn. From 4xlarge up their network does not burst."
  type        = string
  default     = "c6gn.8xlarge"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", var.instance_type))
    error_message = "instance_type is ${jsonencode(var.instance_type)}: allowed is a type's name, as c6gn.8xlarge."
  }
}

variable "allow_burstable" {
  description = "Take a type whose network or CPU is fast for a while only. What is measured there is not what it can keep up."
  type        = bool
  default     = false
}

variable "price_per_hour" {
  description = "Dollars an hour for one host, as AWS bills it: the inventory has it, for the cost in reports. null: none there, and the estimate is by prices of modules/layout."
  type        = number
  default     = null

  validation {
    condition     = var.price_per_hour == null ? true : var.price_per_hour > 0 && var.price_per_hour <= 1000
    error_message = "price_per_hour is ${jsonencode(var.price_per_hour)}: allowed is a number above 0, at most 1000, or null."
  }
}

variable "pair_count" {
  description = "Pairs: each is one server and its clients."
  type        = number
  default     = 1
}

variable "client_count" {
  description = "Clients of each pair's server."
  type        = number
  default     = 1
}

variable "max_hosts" {
  description = "How many hosts there may be, so that a slip of the finger is not paid for."
  type        = number
  default     = 10
}

variable "placement" {
  description = "cluster: each pair's hosts as close as AWS can; none: anywhere in the zone, where a cluster is not to be had."
  type        = string
  default     = "cluster"

  validation {
    condition     = contains(["cluster", "none"], var.placement)
    error_message = "placement is ${jsonencode(var.placement)}: allowed is cluster or none."
  }
}

variable "spot" {
  description = "Take spare capacity: cheaper, and AWS may take it back in the midst of a sweep."
  type        = bool
  default     = false
}

variable "ttl_hours" {
  description = "Hours until all hosts are terminated, whatever happens to you. It counts from the first apply and cannot be changed afterwards."
  type        = number
  default     = 6

  validation {
    condition     = var.ttl_hours >= 0.25 && var.ttl_hours <= 168
    error_message = "ttl_hours is ${var.ttl_hours}: allowed are 0.25 (15 minutes) to 168 (a week)."
  }
}

variable "disk_gb" {
  description = "Size of each host's disk in GB."
  type        = number
  default     = 30

  validation {
    condition     = var.disk_gb >= 10 && var.disk_gb <= 1000 && floor(var.disk_gb) == var.disk_gb
    error_message = "disk_gb is ${var.disk_gb}: allowed is a whole number from 10 to 1000."
  }
}

variable "ami_id" {
  description = "The image that hosts start from, for arm64; null for the newest Debian 12."
  type        = string
  default     = null

  validation {
    condition     = var.ami_id == null ? true : can(regex("^ami-([0-9a-f]{8}|[0-9a-f]{17})$", var.ami_id))
    error_message = "ami_id is ${jsonencode(var.ami_id)}: allowed is an image's id, as ami-0123456789abcdef0, or null for Debian 12."
  }
}

variable "user" {
  description = "The image's login; Debian's is admin."
  type        = string
  default     = "admin"
}

variable "identity_file" {
  description = "The path here of public_key's private half, for ssh_config; null for the keys that ssh tries by itself."
  type        = string
  default     = null
}

variable "known_hosts" {
  description = "The file here with the hosts' keys, for ssh_config; null for ssh's own."
  type        = string
  default     = null
}
