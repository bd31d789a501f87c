#!/usr/bin/env bash
# Starts a small real S3 server for tests on loopback: Ceph with one monitor, one object storage daemon and one
# RADOS gateway. Root or not, no systemd. On a live server it does nothing; on a stopped one it starts the same data.
#
#   ceph-up.sh               install what is missing (Debian, needs root), start, wait until ready
#   ceph-up.sh --install     install only
#   ceph-up.sh --user TOKEN  the same, and note a user of the server: PID-anything. ceph-down.sh --user TOKEN stops it
#                            when its last living user is gone, so that several test runs can share one
#
# Settings (environment):
#   SANDYQ_CEPH_DIR       where everything lives       ${TMPDIR:-/tmp}/sandyq-ceph
#   SANDYQ_CEPH_PORT      port of the S3 endpoint      7480
#   SANDYQ_CEPH_MON_PORT  port of the monitor          S3 port - 40
#   SANDYQ_CEPH_OSD_GB    size of the disk, a sparse file   24
# Prints, and writes to $SANDYQ_CEPH_DIR/env, what a client needs as KEY=value lines.
set -euo pipefail

dir=${SANDYQ_CEPH_DIR:-${TMPDIR:-/tmp}/sandyq-ceph}
port=${SANDYQ_CEPH_PORT:-7480}
mon_port=${SANDYQ_CEPH_MON_PORT:-$((port - 40))}
disk_gb=${SANDYQ_CEPH_OSD_GB:-24}
access_key=sandyqtest secret_key=sandyqtest-secret bucket=sandyq region=us-east-1

say() { printf 'ceph-up: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

install_packages() {
  local missing=() p guard=/usr/sbin/policy-rc.d made=0 ok=0 log
  for p in ceph-mon ceph-osd radosgw curl; do
    dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get > /dev/null || die "install ${missing[*]} by hand: this is no Debian"
  [ "$(id -u)" = 0 ] || die "installing ${missing[*]} needs root"
  say "installing ${missing[*]}"
  # No package may start a daemon of its own while it is installed.
  if [ ! -e $guard ]; then printf '#!/bin/sh\nexit 101\n' > $guard; chmod 755 $guard; made=1; fi
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 || ok=$?
  [ $made = 1 ] && rm -f $guard
  [ $ok = 0 ] || { tail -20 "$log" >&2; die "apt-get failed, see $log"; }
  rm -f "$log"
}

alive() { # alive NAME: its pid file names a live process of this server
  local pid
  pid=$(cat "$dir/run/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  { tr '\0' ' ' < "/proc/$pid/cmdline" | grep -qF -- "$dir/ceph.conf"; } 2>/dev/null
}

start() { # start NAME PROGRAM ARG...: in the foreground of its own session, pid noted
  local name=$1; shift
  alive "$name" && return 0
  (cd / && exec setsid "$@" -f -c "$dir/ceph.conf" < /dev/null >> "$dir/log/$name.out" 2>&1 9>&-) &
  echo $! > "$dir/run/$name.pid"
  disown $! 2>/dev/null || true
}

wait_for() { # wait_for SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2; shift 2
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $end ] || die "$what did not come up; see $dir/log"
    sleep 0.2
  done
}

ceph_() { ceph -c "$dir/ceph.conf" --connect-timeout 10 "$@"; }
osd_up() { ceph_ osd stat -f json | grep -q '"num_up_osds":1'; }
http_up() { curl -s -o /dev/null --max-time 3 "http://127.0.0.1:$port/"; }
port_free() { ! (exec 3<> "/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

write_conf() { # write_conf FSID
  cat > "$dir/ceph.conf" <<CONF
[global]
fsid = $1
mon host = [v2:127.0.0.1:$mon_port/0]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
keyring = $dir/keyring
run dir = $dir/run
admin socket = $dir/run/\$name.asok
log file = $dir/log/\$name.log
crash dir = $dir/crash
log to stderr = false
err to stderr = true
log max recent = 500
osd pool default size = 1
osd pool default min size = 1
# Half of 20 s: shorter is quicker after a crash, but on a busy machine the lease lapses and requests hang for good.
osd pool default read lease ratio = 0.5
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
paxos propose interval = 0.05
paxos min wait = 0.01
mon max pg per osd = 2000
mon data avail crit = 1
mon data avail warn = 2
auth allow insecure global id reclaim = false
[mon]
mon data = $dir/mon.\$id
mon cluster log file = $dir/log/cluster.log
[osd]
osd data = $dir/osd.\$id
osd objectstore = bluestore
crush location = root=default host=sandyqtest
osd memory target = 939524096
osd mclock skip benchmark = true
osd class update on start = false
bluestore block path =
bluestore block size = $((disk_gb * 1024 * 1024 * 1024))
bluestore block create = true
bluestore block db create = false
bluestore block wal create = false
[client]
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw thread pool size = 64
rgw gc obj min wait = 60
rgw gc processor period = 60
CONF
}

first_time() {
  local fsid k=$dir/keyring
  fsid=$(cat /proc/sys/kernel/random/uuid)
  write_conf "$fsid"
  # Every key goes into the monitor's first database, so that no daemon has to be introduced afterwards.
  ceph-authtool --create-keyring "$k" --gen-key -n mon. --cap mon 'allow *' > /dev/null
  ceph-authtool "$k" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
  ceph-authtool "$k" --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx'
  ceph-authtool "$k" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
  monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon_port/0]" "$dir/monmap" > /dev/null
  ceph-mon --mkfs -i a -c "$dir/ceph.conf" --monmap "$dir/monmap" --keyring "$k"
  mkdir -p "$dir/osd.0"
  cat /proc/sys/kernel/random/uuid > "$dir/osd.0.uuid"
  ceph-osd --mkfs -i 0 -c "$dir/ceph.conf" --no-mon-config --osd-uuid "$(cat "$dir/osd.0.uuid")" \
    >> "$dir/log/osd.0.mkfs" 2>&1 || { tail -5 "$dir/log/osd.0.mkfs" >&2; die 'the disk could not be made'; }
}

make_user() {
  radosgw-admin -c "$dir/ceph.conf" user create --uid=sandyq --display-name=sandyq \
    --access-key="$access_key" --secret-key="$secret_key" > "$dir/log/user.json" 2>> "$dir/log/user.err" \
    || { tail -5 "$dir/log/user.err" >&2; die 'the user could not be made'; }
}

s3() { # s3 METHOD PATH: a signed request without a body, prints the status
  curl -s -o "$dir/log/s3.out" -w '%{http_code}' --max-time 60 -X "$1" \
    --aws-sigv4 "aws:amz:$region:s3" -u "$access_key:$secret_key" \
    -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -H 'content-length: 0' "http://127.0.0.1:$port/$2" || true
}

make_bucket() {
  local code
  code=$(s3 PUT "$bucket")
  case $code in 200 | 409) ;; *) cat "$dir/log/s3.out" >&2; die "bucket $bucket: HTTP $code" ;; esac
  # The gateway makes its data pool at the first object: let that be now, not in a test.
  code=$(s3 PUT "$bucket/.ready")
  [ "$code" = 200 ] || { cat "$dir/log/s3.out" >&2; die "first object: HTTP $code"; }
  s3 DELETE "$bucket/.ready" > /dev/null
}

# --- one at a time, so that two test runs share one server -----------------------------------------------------
umask 077
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
exec 9> "$dir.lock" # beside the folder: it outlives a purge, or two waiters could hold two locks
flock 9
mkdir -p "$dir"/{run,log,crash,users}
if [ "${1:-}" = --user ]; then touch "$dir/users/$2"; fi

install_packages
[ "${1:-}" = --install ] && exit 0
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)" || true

fresh=0
if [ ! -e "$dir/made" ]; then
  for p in "$port" "$mon_port"; do port_free "$p" || die "port $p is taken"; done
  rm -rf "$dir"/mon.a "$dir"/osd.0*
  first_time
  fresh=1
else # the ports are those it was made with
  port=$(sed -n 's/.*endpoint=127.0.0.1:\([0-9]*\).*/\1/p' "$dir/ceph.conf")
fi

start mon ceph-mon -i a
wait_for 60 'the monitor' ceph_ -s
if [ $fresh = 1 ]; then
  ceph_ osd new "$(cat "$dir/osd.0.uuid")" 0 > /dev/null 2>&1
elif ! alive osd.0; then
  ceph_ osd down 0 > /dev/null 2>&1 # after a crash the map still calls it up
fi
start osd.0 ceph-osd -i 0
wait_for 120 'the object storage daemon' osd_up
[ $fresh = 1 ] && make_user
start rgw radosgw -n client.rgw
wait_for 120 'the gateway' http_up
[ $fresh = 1 ] && make_bucket
touch "$dir/made"

tee "$dir/env" <<ENV
S3_ENDPOINT=http://127.0.0.1:$port
S3_REGION=$region
S3_BUCKET=$bucket
S3_ACCESS_KEY=$access_key
S3_SECRET_KEY=$secret_key
ENV
