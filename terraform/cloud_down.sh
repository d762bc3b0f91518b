#!/usr/bin/env bash
# Destroys what terraform/aws made, then asks AWS for whatever still has its tag: only what AWS
# does not know any more costs nothing for sure.
#   cloud_down.sh               of the last apply here
#   cloud_down.sh NAME REGION   where that was broken off, and terraform does not know them
# Ends with 0 when all is destroyed and nothing is left, else with 1.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/aws"
fail() {
  echo "cloud_down: $*" >&2
  exit 1
}
if [[ $# -eq 2 ]]; then
  name=$1 region=$2
elif ! { name=$(terraform output -raw name) &&
  region=$(terraform output -raw region); } 2>/dev/null; then
  fail "nothing of terraform/aws is applied here; to look for something all the same: NAME REGION"
fi
terraform destroy -auto-approve

[[ -n $(command -v aws) ]] ||
  fail "terraform says that all is destroyed, and there is no aws to ask whether anything is" \
    "left: look for the tag coresweep=$name in $region"
ask() { aws --region "$region" --output text "$@"; }
# A terminated host is listed for another hour, and costs nothing.
hosts=$(ask ec2 describe-instances --query 'Reservations[].Instances[].InstanceId' --filters \
  "Name=tag:coresweep,Values=$name" \
  Name=instance-state-name,Values=pending,running,shutting-down,stopping,stopped) ||
  fail "terraform says that all is destroyed, but AWS did not answer whether a host is left"
others=$(ask resourcegroupstaggingapi get-resources --tag-filters "Key=coresweep,Values=$name" \
  --query "ResourceTagMappingList[?!contains(ResourceARN, ':instance/')].ResourceARN") ||
  fail "no host is left, but AWS did not answer whether anything else is"
left=$(printf '%s\n' "$hosts" "$others" | xargs)
[[ -z $left ]] || fail "still there in $region, with the tag coresweep=$name: $left"
echo "nothing with the tag coresweep=$name is left in $region"
