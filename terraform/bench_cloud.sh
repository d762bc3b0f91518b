#!/usr/bin/env bash
# A sweep over hosts, from nothing on them to its report here: deploys, tunes, verifies, sweeps,
# fetches the run, draws it, and leaves the hosts as they were found.
#   bench_cloud.sh PLAN               over the hosts that terraform/aws made
#   bench_cloud.sh PLAN INVENTORY     over others; ssh_config and hosts.yml lie beside it
# BIN=FOLDER takes the programs there, else they are built on the first pair's first client, which
# runs the sweep. It goes on while the connection is lost; Ctrl-C ends it.
set -euo pipefail

terraform=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$terraform")
fail() {
  echo "bench_cloud: $*" >&2
  exit 1
}
[[ $# -eq 1 || $# -eq 2 ]] || fail "allowed is PLAN [INVENTORY]"

plan=$1
[[ $plan == */* || $plan == *.json ]] || plan=$root/harness/plans/$plan.json
[[ -r $plan ]] ||
  fail "no plan '$1': allowed is a name of harness/plans, or a file, such as ./bench.json"
[[ $(basename "$plan") =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]*$ ]] ||
  fail "$plan: allowed are names of letters, digits, _, - and ."

# The keys that the hosts made when they first started, as AWS heard them say: from AWS itself, so
# nobody in between can offer another. They say it once, some minutes after the start.
write_known_hosts() {
  local region name id address said tries
  region=$(output -raw region)
  : >"$folder/known_hosts"
  while read -r name id; do
    address=$(ssh -nG -F "$folder/ssh_config" "$name" | sed -n 's/^hostname //p')
    for ((tries = 60; ; tries--)); do
      said=$(aws ec2 get-console-output --region "$region" --latest --output text \
        --instance-id "$id" --query Output | tr -d '\r' |
        grep -oE '(ssh-|ecdsa-)[a-z0-9-]+ AAAA[^ ]+') && break
      [[ $tries -gt 0 ]] || fail "$name: its console does not say its ssh keys"
      sleep 10
    done
    while read -r key; do echo "$address $key"; done <<<"$said" >>"$folder/known_hosts"
  done < <(output -json instance_ids | python3 -c \
    'import json, sys; [print(*pair) for pair in json.load(sys.stdin).items()]')
}

output() { terraform -chdir="$terraform/aws" output "$@"; }
if [[ $# -eq 2 ]]; then
  [[ -r $2 ]] || fail "no inventory $2: make inventory-local writes one"
  folder=$(cd "$(dirname "$2")" && pwd)
  [[ $(basename "$2") == inventory.json ]] || fail "$2: its name has to be inventory.json"
else
  name=$(output -raw name 2>/dev/null) ||
    fail "nothing of terraform/aws is applied here; over other hosts: bench_cloud.sh PLAN INVENTORY"
  folder=$root/build/cloud/$name
  mkdir -p "$folder"
  output -json inventory >"$folder/inventory.json"
  output -raw ssh_config >"$folder/ssh_config"
  output -raw ansible_inventory >"$folder/hosts.yml"
  # An option's first value is ssh's: this is for who gave terraform none.
  if ! grep -q UserKnownHostsFile "$folder/ssh_config"; then
    write_known_hosts
    printf 'Host *\n  UserKnownHostsFile "%s"\n' "$folder/known_hosts" >>"$folder/ssh_config"
  fi
fi

export ANSIBLE_CONFIG=$terraform/ansible/ansible.cfg
# A host that was just made takes a while to let anybody in.
[[ $# -eq 2 ]] || ansible all -i "$folder/hosts.yml" -m wait_for_connection -a timeout=300

client=$(python3 -c 'import json, sys
pairs = json.load(open(sys.argv[1]))["pairs"]
print(pairs[min(pairs)]["clients"][0])' "$folder/inventory.json")
play() { ansible-playbook -i "$folder/hosts.yml" "$terraform/ansible/$1.yml" "${@:2}"; }
there() { ssh -F "$folder/ssh_config" -o ControlPath=none "$client" "$@"; }

# Whoever sweeps there has these programs, keys and settings until it is over.
! there '[ -x coresweep/sweep.sh ] && coresweep/sweep.sh runs' </dev/null 2>/dev/null ||
  fail "a sweep runs on $client already; to end it:" \
    "ssh -F $folder/ssh_config $client coresweep/sweep.sh stop"
play deploy ${BIN:+-e "bin=$(realpath "$BIN")"}
# Brings the last run's folder here, whole or not at all; says so in $kept.
kept=
fetch() {
  local name aside results=$root/results/local
  name=$(there coresweep/sweep.sh run </dev/null) && [[ -n $name ]] || return 0
  [[ ! -e $results/$name ]] || fail "results/local/$name is there already"
  aside=$results/.$name.part
  rm -rf "$aside"
  mkdir -p "$aside"
  there tar -C "coresweep/results/$name" -c . </dev/null | tar -C "$aside" -x
  mv "$aside" "$results/$name"
  kept=results/local/$name
}
log=$(mktemp)
follow() { there coresweep/sweep.sh follow "$(($(wc -l <"$log") + 1))" </dev/null | tee -a "$log"; }
began=
leave() {
  code=$?
  trap '' INT TERM
  if [[ -n $began && -z $kept ]]; then
    there coresweep/sweep.sh stop </dev/null || true
    follow || true
    fetch || true
  fi
  rm "$log"
  play revert || echo "bench_cloud: not all is as it was: its reason is above" >&2
  [[ -z $kept ]] || echo "bench_cloud: the run is in $kept" >&2
  [[ -z $kept || -e $root/$kept/end.json ]] ||
    echo "bench_cloud: it is not at its end: how it goes on is in docs/cloud.md" >&2
  exit "$code"
}
trap leave EXIT
trap 'exit 130' INT TERM
play tune
play verify

file=$(basename "$plan")
there "mkdir -p coresweep/plans && cat >coresweep/plans/$file" <"$plan"
began=yes
there coresweep/sweep.sh start "plans/$file" </dev/null
while true; do
  code=0
  follow || code=$?
  [[ $code -eq 255 ]] || break
  echo "bench_cloud: $client is not reached; the sweep goes on there, and it is asked again" >&2
  sleep 5
done
fetch
# Also where trials failed, as a sweep on one machine is.
drawn=0
[[ -z $kept ]] || "$root/build/release/bin/coresweep" report "$root/$kept" \
  --python "${PYTHON:-/usr/bin/python3}" || drawn=$?
[[ $code -eq 0 ]] || exit "$code"
(exit "$drawn")
