#!/usr/bin/env bash
# Unpacks Debian packages below build/packages, for programs that tests start and that may not be
# installed for them: an installed openssh-server is a daemon that listens. What is installed
# already is left alone. Where a package cannot be had, says so: what needs it is then left out.
#   unpack_package.sh PACKAGE...
set -euo pipefail

target=$(realpath -m "$(dirname "${BASH_SOURCE[0]}")/../build/packages")
[[ $# -gt 0 ]] || {
  echo "unpack_package: no package named" >&2
  exit 2
}
if ! command -v apt-get >/dev/null; then
  echo "unpack_package: no apt here, so what needs $* is left out" >&2
  exit 0
fi

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# A package is complete once its mark is there. It stays as it is until `make clean`.
unpack() {
  local package=$1 mark=$target/.unpacked/$1 folder said
  [[ ! -e $mark ]] || return 0
  folder=$(mktemp -d)
  # apt's own user could not write into that folder.
  if said=$(cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$package" 2>&1 &&
    dpkg-deb -x ./*.deb "$target" 2>&1); then
    mkdir -p "${mark%/*}"
    touch "$mark"
    echo "unpacked into build/packages: $package"
  else
    echo "unpack_package: no $package from apt, so what needs it is left out (${said##*$'\n'})" >&2
  fi
  rm -r "$folder"
}

mkdir -p "$target"
for package in "$@"; do
  is_installed "$package" || unpack "$package"
done
