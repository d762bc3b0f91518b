# Dollars an hour on demand, Linux, us-east-1, as remembered in November 2026 and checked against no list: an estimate,
# of one family whose sizes cost by the vCPU. Other regions differ, spot costs less, and what is billed is AWS's to say.
# A type that is not here has no estimate until price_per_hour is given.
locals {
  vcpus  = { medium = 1, large = 2, xlarge = 4, "2xlarge" = 8, "4xlarge" = 16, "8xlarge" = 32, "12xlarge" = 48, "16xlarge" = 64 }
  prices = { for size, vcpus in local.vcpus : "c6gn.${size}" => vcpus * 0.0432 }
}
