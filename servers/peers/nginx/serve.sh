#!/bin/sh
# serve.sh PEER ADDRESS PORT THREADS [GREETER]: nginx, configured as the peer of that folder is,
# in the foreground until it is told to stop.
#
# It is that of Debian's package, installed, or unpacked below $NGINX_ROOT, else where `make` does
# that. GREETER is the program behind the one that is a proxy.
set -eu

fail() {
  echo "nginx: $2" >&2
  exit "$1"
}

[ $# = 4 ] || [ $# = 5 ] || fail 2 "usage: serve.sh PEER ADDRESS PORT THREADS [GREETER]"
peer=$1 address=$2 port=$3 threads=$4 greeter=${5-}
here=$(cd "$(dirname "$0")" && pwd)
template=$here/nginx.conf.in how='' accept_mutex=off connections=16384
case $peer in
  reuseport) how=' reuseport' ;;
  shared_listener) ;;
  accept_mutex) accept_mutex=on ;;
  grpc_proxy)
    template=$here/grpc_proxy/nginx.conf.in how=' reuseport' connections=32768
    ;;
  *) fail 2 "PEER: '$peer' is none of reuseport, shared_listener, accept_mutex and grpc_proxy" ;;
esac
[ "$peer" != grpc_proxy ] || [ -n "$greeter" ] || fail 2 "GREETER is missing, which a proxy wants"
case $address in
  '' | *[!0-9a-fA-F.:]*) fail 2 "ADDRESS: '$address' is no numeric address" ;;
  *:*) host="[$address]" ;;
  *) host=$address ;;
esac
case $port in
  '' | 0* | *[!0-9]*) fail 2 "PORT: '$port': allowed is a whole number from 1" ;;
esac
case $threads in
  '' | 0* | *[!0-9]*) fail 2 "THREADS: '$threads': allowed is a whole number from 1" ;;
esac

# shellcheck source=/dev/null
. "$here/../upstream.sh"
refuse_busy_port "nginx_$peer" "$address" "$port"
upstream=''
if [ -n "$greeter" ]; then
  start_upstream "$greeter" "$threads"
fi

made=$here/../../../build/packages
[ -x /usr/sbin/nginx ] || [ ! -x "$made/usr/sbin/nginx" ] || : "${NGINX_ROOT=$(cd "$made" && pwd)}"
root=${NGINX_ROOT-}
nginx=$root/usr/sbin/nginx
if [ -n "$root" ]; then
  for folder in "$root"/lib/*-linux-gnu "$root"/usr/lib/*-linux-gnu; do
    LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  done
  export LD_LIBRARY_PATH
fi
# A connection is an open file. Not POSIX's, but dash and bash have it.
# shellcheck disable=SC3045
files=$(ulimit -H -n)
[ "$files" = unlimited ] || [ "$files" -ge "$connections" ] || connections=$files
# Since 1.25.1 cleartext HTTP/2 has a directive of its own, and `listen` warns of the parameter.
http2=''
case $("$nginx" -v 2>&1) in
  'nginx version: nginx/1.2'[0-4].*) how=" http2$how" ;;
  'nginx version: nginx/'*) http2='http2 on;' ;;
  *) fail 1 "$nginx is missing, or does not run: see needs in peer.json" ;;
esac

# A folder for each that runs: what a configuration names is relative to it.
run=$(mktemp -d)
trap 'cd /; rm -r "$run"' EXIT
cd "$run"
ln -s "$here" source
ln -s "$root/usr/lib/nginx/modules" modules
ln -s "$root/usr/share/lua/5.1" lua
sed -e "s/@THREADS@/$threads/; s/@ACCEPT_MUTEX@/$accept_mutex/; s/@UPSTREAM@/$upstream/" \
  -e "s/@LISTEN@/$host:$port$how backlog=65535/; s/@HTTP2@/$http2/; s/@CONNECTIONS@/$connections/" \
  "$template" >nginx.conf

# Workers are who we are: root's would be nobody.
user=''
[ "$(id -u)" != 0 ] || user='user root;'
told='' signal=TERM  # which nginx heeds whenever it comes
"$nginx" -e stderr -p "$PWD/" -c nginx.conf ${user:+-g "$user"} &
serving=$!
trap 'told=yes; kill -s "$signal" "$serving"' TERM INT
until [ -s nginx.pid ]; do  # which it writes when all listeners are open
  kill -0 "$serving" 2>/dev/null || break
  sleep 0.02
done
signal=QUIT  # it answers first what it has been asked
[ ! -s nginx.pid ] || echo "listening on $host:$port"
status=0
wait "$serving" || status=$?
while [ "$status" -gt 128 ] && [ -n "$told" ]; do  # a signal ends `wait`, and not yet nginx
  told='' status=0
  wait "$serving" || status=$?
done
exec 9>&-  # what start_upstream started ends by that
wait
exit "$status"
