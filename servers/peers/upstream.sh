#!/bin/sh
# Read by the serve.sh of a proxy (envoy, nginx): what is behind it, the same for all.
#
#   client -> proxy, {address}:{port} -> greeter, a port that the kernel chooses
#
# It is our own greeter in the proxy's process group, on the same CPUs: what it costs is counted as
# the proxy's. It speaks all of HTTP/2 (lean; the null responder leaves real clients waiting), and
# deals connections out, so that the few that a proxy opens are spread over its threads evenly.

# refuse_busy_port GREETER ADDRESS PORT: leaves as GREETER does, with one line and exit code 3, if
# anybody listens there, with SO_REUSEPORT or without: its guard finds both. It stops at the end of
# its stdin, so at once.
refuse_busy_port() {
  case $2 in *:*) set -- "$1" "[$2]" "$3" ;; esac
  "$1" --architecture reuseport_loops --listen "$2:$3" </dev/null >/dev/null || exit
}

# start_upstream GREETER THREADS: sets `upstream` to the ADDRESS:PORT that it listens on. It stops
# once nobody holds descriptor 9 any more: when this shell, or what it becomes by exec, has ended,
# however that was.
start_upstream() {
  pipes=$(mktemp -d) && mkfifo "$pipes/alive" "$pipes/said" || exit
  # It holds the reading end of what it says too: its last line breaks no pipe.
  # shellcheck disable=SC2094
  "$1" --architecture dealt_loops --threads "$2" --listen 127.0.0.1:0 \
    <"$pipes/alive" >"$pipes/said" 8<"$pipes/said" &
  exec 9>"$pipes/alive" 8<"$pipes/said"
  read -r ready <&8 || ready=
  rm -r "$pipes"
  exec 8<&-
  [ -n "$ready" ] || exit 1  # and it has said why
  upstream=${ready#*\"listen\":\"}
  upstream=${upstream%%\"*}
}
