#!/bin/sh
# Read by the serve.sh of a proxy (envoy, nginx): what is behind it, the same for all.
#
#   client -> proxy, {address}:{port} -> null responder, a port that the kernel chooses
#
# It is our own greeter in the proxy's process group, on the same CPUs: what it costs is counted as
# the proxy's, so it is the one that costs least. It greets whom loads ask for, whoever is asked
# for. UPSTREAM_HTTP2=lean puts the one there that does what a call asks: who verifies a proxy wants
# that. It deals connections out: the few that a proxy opens are spread over its threads evenly.

# refuse_busy_port NAME ADDRESS PORT: leaves with one line of NAME's and exit code 3 if anybody
# listens on that port, at whatever address. With SO_REUSEPORT a second proxy would have a share of
# it unseen. To listen for a moment would tell as well, and would look as if the proxy was ready.
refuse_busy_port() {
  listening=": [0-9A-F]*:$(printf '%04X' "$3") [0-9A-F]*:0000 0A "
  if cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "$listening"; then
    case $2 in *:*) set -- "$1" "[$2]" "$3" ;; esac
    echo "$1: cannot listen on $2:$3: Address already in use" >&2
    exit 3
  fi
}

# start_upstream GREETER THREADS: sets `upstream` to the ADDRESS:PORT that it listens on. It stops
# at the end of its stdin: once this shell, or what it becomes by exec, has ended however that was,
# with all who got descriptor 9 from it.
start_upstream() {
  pipes=$(mktemp -d) && mkfifo "$pipes/alive" "$pipes/said" || exit
  exec 8<>"$pipes/said" 9<>"$pipes/alive"  # for both ways: to open them waits for nobody
  "$1" --http2 "${UPSTREAM_HTTP2:-null}" --architecture dealt_loops --threads "$2" \
    --listen 127.0.0.1:0 <"$pipes/alive" >&8 8>&- 9>&- &
  exec 7<"$pipes/said" 8>&-
  read -r ready <&7 || ready=
  exec 7<&-
  rm -r "$pipes"
  [ -n "$ready" ] || exit 1  # and it has said why
  upstream=${ready#*\"listen\":\"}
  upstream=${upstream%%\"*}
}
