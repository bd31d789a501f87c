#!/usr/bin/env bash
# Stops what ceph-up.sh started, by its pid files alone, gateway first.
#   ceph-down.sh            stop, keep the data (ceph-up.sh starts it again)
#   ceph-down.sh --purge    stop and remove the data
#   ceph-down.sh --kill     stop everything in one moment with SIGKILL, as a power cut would
#   ceph-down.sh --user TOKEN [--purge]   stop only if no other user noted by ceph-up.sh --user is alive
set -euo pipefail
dir=${SANDYQ_CEPH_DIR:-${TMPDIR:-/tmp}/sandyq-ceph}
[ -d "$dir" ] || exit 0
dir=$(cd "$dir" && pwd)
signal=TERM purge=0 user=
while [ $# -gt 0 ]; do
  case $1 in
    --purge) purge=1 ;;
    --kill) signal=KILL ;;
    --user) user=$2; shift ;;
    *) echo "ceph-down: what is $1?" >&2; exit 2 ;;
  esac
  shift
done
exec 9> "$dir.lock"
flock 9
if [ -n "$user" ]; then
  rm -f "$dir/users/$user"
  for f in "$dir"/users/*; do
    name=${f##*/}
    if [ -e "$f" ] && kill -0 "${name%%-*}" 2>/dev/null; then exit 0; fi
  done
fi

ours() { # a recycled process id must never be killed: its command line has to name this server
  { tr '\0' ' ' < "/proc/$1/cmdline" | grep -qF -- "$dir/ceph.conf"; } 2>/dev/null
}

stop() { # stop PIDFILE: and wait until it is gone
  local pid n=0
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] || return 0
  if ours "$pid"; then
    kill "-$signal" "$pid" 2>/dev/null || true
    while ours "$pid"; do
      n=$((n + 1))
      if [ $n -eq 200 ]; then kill -KILL "$pid" 2>/dev/null || true; fi
      [ $n -gt 300 ] && { echo "ceph-down: process $pid stays" >&2; exit 1; }
      sleep 0.1
    done
  fi
  rm -f "$1"
}

if [ $signal = KILL ]; then # all in one moment, then wait for each below
  for name in rgw osd.0 mon; do
    pid=$(cat "$dir/run/$name.pid" 2>/dev/null) && [ -n "$pid" ] && ours "$pid" && kill -KILL "$pid" 2>/dev/null
  done || true
fi
for name in rgw osd.0 mon; do stop "$dir/run/$name.pid"; done
if [ $purge = 1 ]; then rm -rf "$dir"; fi
