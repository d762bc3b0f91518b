#!/usr/bin/env bash
# Installs what apt does not have, as locked, from PyPI into build/python. Where that cannot be had,
# says so: what needs it is then left out, and says so too.
#   install_wheels.sh PYTHON LOCK...   such as plots/requirements.lock
set -euo pipefail

target=$(dirname "${BASH_SOURCE[0]}")/../build/python
python=${1:?install_wheels: PYTHON is missing}
shift

# A wheel is for one Python: what another one got, before `make PYTHON=...`, is installed again.
tag=$("$python" -c 'import sys; print(sys.implementation.cache_tag)' 2>/dev/null || true)
marker() { echo "# $tag" && cat "$1"; }
for lock in "$@"; do
  installed=$target/$(basename "$(dirname "$lock")").lock
  marker "$lock" | cmp -s - "$installed" && continue
  names=$(grep -o '^[a-z][a-z0-9-]*==[^ ]*' "$lock" | paste -sd' ')
  if said=$("$python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
      --upgrade --no-deps --require-hashes --only-binary :all: --target "$target" -r "$lock" 2>&1)
  then
    marker "$lock" >"$installed"
    echo "installed into build/python: $names"
  else
    rm -f "$installed"
    echo "install_wheels: no $names from PyPI, so what needs it is left out (${said##*$'\n'})" >&2
  fi
done
