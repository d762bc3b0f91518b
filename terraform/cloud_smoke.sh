#!/usr/bin/env bash
# All of it once, on your account: makes the smallest pair that can build coresweep in time, sweeps
# harness/plans/quick.json over it, and whatever came of that destroys it and asks AWS whether
# anything is left. Your terraform/aws/terraform.tfvars counts for all but what is set here; hosts
# that are applied there already are others, and stay.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
words=(-var=name=coresweep-smoke -var=instance_type=c6gn.xlarge -var=allow_burstable=true
  -var=pair_count=1 -var=client_count=1 -var=ttl_hours=0.25)
export TF_CLI_ARGS_apply="${words[*]}" TF_CLI_ARGS_destroy="${words[*]}" TF_INPUT=0
terraform -chdir=aws init
# A state of its own, beside yours, which stays the one that is selected.
yours=$(terraform -chdir=aws workspace show)
terraform -chdir=aws workspace select -or-create coresweep-smoke
terraform -chdir=aws workspace select "$yours"
export TF_WORKSPACE=coresweep-smoke
# Asked before anything is made: what is made by half may have no outputs.
region=$(echo var.region | terraform -chdir=aws console | tr -d '"')
leave() {
  code=$?
  trap '' INT TERM
  ./cloud_down.sh coresweep-smoke "$region" || code=1
  exit "$code"
}
trap leave EXIT
trap 'exit 130' INT TERM
terraform -chdir=aws apply -auto-approve
./bench_cloud.sh quick
