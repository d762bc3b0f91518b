#!/usr/bin/env bash
# run.sh BUILD_FOLDER SECONDS: runs every fuzz target of that build for its share of the seconds.
# What is found stays in BUILD_FOLDER/found and is gone on from the next time. A crash ends it with
# the target's last lines: its input belongs into corpus/, where every test run reads it.
set -euo pipefail
build=$1 seconds=$2
root=$(dirname "${BASH_SOURCE[0]}")/../..
targets=(protocol/lean_server_session protocol/nghttp2_server_session protocol/client_session
  protocol/header_block protocol/grpc_frame harness/plan harness/stored_run)
share=$(((seconds + ${#targets[@]} - 1) / ${#targets[@]}))
for path in "${targets[@]}"; do
  target=${path#*/}
  corpora=("$root/${path%/*}/fuzz/corpus/$target")
  [[ $target != plan ]] || corpora+=("$root/harness/plans")
  found=$build/found/$target
  mkdir -p "$found"
  if ! "$build/bin/${target}_fuzz" -max_len=4096 -print_final_stats=1 -max_total_time="$share" \
    -artifact_prefix="$found-" "$found" "${corpora[@]}" >"$found.log" 2>&1; then
    tail -n 40 "$found.log" >&2
    echo "run.sh: $target: see $found.log" >&2
    exit 1
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log")
  echo "$target: $executions executions in $share s"
done
