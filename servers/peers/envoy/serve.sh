#!/bin/sh
# serve.sh GREETER ADDRESS PORT THREADS ENABLE_REUSE_PORT: Envoy before our null responder.
#
#   reuse_port:       N listeners with SO_REUSEPORT -> the worker that the kernel hashes it to
#   shared_listener:  one listener, in the epoll sets of all N workers -> the one that wins it
#
#   a worker has its connections for life, and those of its own to the responder -> another's answer
set -u
greeter=$1 address=$2 port=$3 threads=$4 enable_reuse_port=$5
folder=$(dirname "$0")

# shellcheck source=/dev/null
. "$folder/../upstream.sh"
upstream=  # that is what start_upstream says

refuse_busy_port envoy "$address" "$port"
start_upstream "$greeter" "$threads"
bootstrap=$(sh "$folder/bootstrap.sh" "$address" "$port" "$enable_reuse_port" "${upstream##*:}")
# A connection is an open file. Not POSIX's, but dash and bash have it.
# shellcheck disable=SC3045
ulimit -n "$(ulimit -H -n)"
exec envoy --config-yaml "$bootstrap" --concurrency "$threads" --disable-hot-restart \
  --log-level error
