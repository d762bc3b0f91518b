# Hosts on EC2 for a sweep: pairs of a server and its clients in one zone, close to each other, gone at their deadline.

terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region
}
