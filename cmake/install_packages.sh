#!/usr/bin/env bash
# Installs with apt what is missing of the named groups of packages.txt; silent when nothing is.
#   install_packages.sh GROUP...          with sudo when not root
#   install_packages.sh --list GROUP...   prints the packages chosen on this machine, one a line
set -euo pipefail

packages_file=${PACKAGES_FILE:-$(dirname "${BASH_SOURCE[0]}")/../packages.txt}
fail() {
  echo "install_packages: ${*:2}" >&2
  exit "$1"
}
has() { command -v "$1" >/dev/null; }
# at_least VERSION MINIMUM: an empty version is no version, an empty minimum is any.
at_least() { [[ -n $1 ]] && { [[ -z $2 ]] || dpkg --compare-versions "$1" ge "$2"; }; }

install=yes
if [[ ${1:-} == --list ]]; then
  install=no
  shift
fi
[[ -r $packages_file ]] || fail 1 "cannot read $packages_file"
groups=$(sed -n 's/^\([a-z0-9]*\):.*/\1/p' "$packages_file" | awk '!seen[$0]++' | paste -sd' ')
[[ $# -gt 0 ]] || fail 2 "no group named: allowed are $groups"
lines=()
for group in "$@"; do
  [[ " $groups " == *" $group "* ]] || fail 2 "unknown group '$group': allowed are $groups"
  mapfile -t -O "${#lines[@]}" lines < <(sed -n "s/ *#.*//; s/^$group: *//p" "$packages_file")
done

# Sets chosen, one package a line of the list, and missing, those of them that are not installed.
choose() {
  local line name minimum version status native=''
  local -a alternatives
  local -A installed=()
  chosen=() missing=()
  if has dpkg-query; then
    native=$(dpkg --print-architecture)
    while read -r name version status; do
      [[ $status != installed ]] || installed[${name%:"$native"}]=$version
    done < <(dpkg-query -W -f '${binary:Package} ${Version} ${db:Status-Status}\n')
  fi
  for line in "${lines[@]}"; do
    IFS='|' read -ra alternatives <<<"$line"
    while read -r name _ minimum; do
      if at_least "${installed[${name%:"$native"}]:-}" "${minimum%)}"; then
        chosen+=("$name")
        continue 2
      fi
    done < <(printf '%s\n' "${alternatives[@]}")
    name=$(first_offered "${alternatives[@]}")
    chosen+=("$name")
    missing+=("$name")
  done
}

# Prints the first of the alternatives that apt can install; where it knows none, the first.
first_offered() {
  local name minimum version
  if [[ $# -gt 1 ]] && has apt-cache; then
    while read -r name _ minimum; do
      # A foreign package has the native one's version, which apt knows before dpkg adds the other.
      version=$(apt-cache policy "${name%:*}" | sed -n 's/^ *Candidate: //p')
      if at_least "${version/'(none)'/}" "${minimum%)}"; then
        echo "$name"
        return
      fi
    done < <(printf '%s\n' "$@")
  fi
  read -r name _ <<<"$1"
  echo "$name"
}

choose
if [[ $install == no ]]; then
  printf '%s\n' "${chosen[@]}"
  exit 0
fi
has apt-get ||
  fail 1 "no apt-get here; install what Debian calls ${chosen[*]}, then make INSTALL=true TARGET"
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=(env DEBIAN_FRONTEND=noninteractive)
how=apt
add_architecture=()
if [[ " ${missing[*]} " == *:arm64\ * ]] &&
  ! { dpkg --print-architecture && dpkg --print-foreign-architectures; } | grep -qx arm64; then
  add_architecture=(dpkg --add-architecture arm64)
fi
if [[ $EUID -ne 0 ]]; then
  { has sudo && sudo true </dev/null; } ||
    fail 1 "missing, and sudo is not to be had; as root run:" \
      "${add_architecture[*]:+${add_architecture[*]} && }apt-get update &&" \
      "apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo "${as_root[@]}")
  how="apt through sudo"
fi
# Another apt's lock (a fresh machine's daily update) is waited for; no package is ever removed.
apt_get() { "${as_root[@]}" apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" </dev/null; }
if [[ ${#add_architecture[@]} -gt 0 ]]; then
  echo "adding the architecture arm64 to dpkg: ${add_architecture[*]}"
  "${as_root[@]}" "${add_architecture[@]}"
fi
apt_get update -qq ||
  echo "install_packages: apt-get update failed; going on with the lists there are" >&2
choose
echo "installing with $how: ${missing[*]}"
apt_get install --no-install-recommends --no-remove "${missing[@]}" ||
  fail 1 "apt-get could not install (its reason is above): ${missing[*]}"
