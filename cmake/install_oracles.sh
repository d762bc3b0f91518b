#!/usr/bin/env bash
# Installs what tests compare with and apt does not have (tests/requirements.lock, from PyPI) into
# build/python. Where that cannot be had, says so: those tests are then skipped.
#   install_oracles.sh PYTHON
set -euo pipefail

root=$(dirname "${BASH_SOURCE[0]}")/..
lock=$root/tests/requirements.lock
target=$root/build/python
python=${1:?install_oracles: PYTHON is missing}

cmp -s "$lock" "$target/installed.lock" && exit 0
rm -rf "$target"
if said=$("$python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
    --no-deps --require-hashes --only-binary :all: --target "$target" -r "$lock" 2>&1); then
  cp "$lock" "$target/installed.lock"
  echo "installed into build/python: $(grep -o '^[a-z][a-z0-9]*==[^ ]*' "$lock" | paste -sd' ')"
else
  rm -rf "$target"
  echo "install_oracles: no $(grep -o '^[a-z][a-z0-9]*==[^ ]*' "$lock" | paste -sd' ')" \
    "from PyPI, so what is compared with it is skipped (${said##*$'\n'})" >&2
fi
