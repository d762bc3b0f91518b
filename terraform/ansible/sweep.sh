#!/bin/sh
# Runs on the host that runs the sweep, where it goes on whatever becomes of the connection.
#   sweep.sh start PLAN     of a file's path below ~/coresweep; one at a time
#   sweep.sh follow LINE    prints what it says from that line on; ends as it does
#   sweep.sh stop           has it end what it is at, and waits for that
#   sweep.sh runs           whether one is at work
#   sweep.sh run            the name of the last one's folder in ~/coresweep/results
set -eu
cd ~/coresweep
# Once it is over, another process may have its number.
runs() { [ -e sweep/pid ] && [ ! -e sweep/code ] && kill -0 "$(cat sweep/pid)" 2>/dev/null; }

case ${1:-} in
start)
  if runs; then
    echo "sweep.sh: one runs here already: sweep.sh stop" >&2
    exit 1
  fi
  rm -rf sweep
  mkdir -p sweep results
  # Its folder's name begins with the time: whatever is newer is its own.
  find results -mindepth 1 -maxdepth 1 | sort >sweep/before
  # A session of its own: no signal of the connection's end comes to it.
  setsid ./sweep.sh alone "$2" >sweep/log 2>&1 </dev/null &
  while [ ! -s sweep/pid ]; do sleep 0.05; done
  ;;
alone)
  echo $$ >sweep/pid
  code=0
  # Over several pairs its blocks are shared out.
  pairs=$(python3 -c 'import json; print(len(json.load(open("hosts/inventory.json"))["pairs"]))')
  # That one is coresweep's, which ends its trial and is waited for.
  trap : TERM
  how=run
  [ "$pairs" -eq 1 ] || how=fleet
  bin/coresweep $how "$2" --hosts hosts/inventory.json --results results --no-report || code=$?
  echo $code >sweep/code
  ;;
follow)
  tail -n "+$2" --pid="$(cat sweep/pid)" -f sweep/log
  exit "$(cat sweep/code)"
  ;;
stop)
  if runs; then
    kill -s TERM -- "-$(cat sweep/pid)"
    tail --pid="$(cat sweep/pid)" -f /dev/null
  fi
  ;;
runs) runs ;;
run)
  find results -mindepth 1 -maxdepth 1 | sort | comm -13 sweep/before - | sed 's|^results/||;q'
  ;;
*)
  echo "sweep.sh: allowed is start PLAN, follow LINE, stop, runs or run" >&2
  exit 2
  ;;
esac
