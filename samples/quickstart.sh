#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# From a fresh Debian 12 to a message's whole journey: installs what is missing, builds, starts the
# gateway on the embedded loopback network, and shows a message travel over REST and Laravel Echo.
# The gateway stays; a second run uses it again.
#   samples/quickstart.sh          build, start, show
#   samples/quickstart.sh --stop   stop the gateway
set -euo pipefail
# shellcheck source=../tests/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../tests/lib/common.sh"

data=$root/data/quickstart
config=$data/gardu.json
pid_file=$data/gardu.pid
log=$data/gardu.log
gardu=$root/.build/ci/bin/gardu
plugins=$root/.build/ci/lib/gardu/plugins
number=+6281234567890

usage() { echo "usage: samples/quickstart.sh [--stop]"; }

# The gateway of the pid file, if it is one of ours and alive.
running_pid() {
  local pid
  [ -f "$pid_file" ] || return 1
  pid=$(cat "$pid_file")
  [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$config" || return 1
  printf '%s\n' "$pid"
}

stop_gateway() {
  local pid
  if ! pid=$(running_pid); then
    rm -f "$pid_file"
    return 1
  fi
  kill "$pid"
  # Gone for good, or a zombie that waits for whoever started it.
  while [ -r "/proc/$pid/stat" ] && [ "$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null || echo Z)" != Z ]; do
    sleep 0.1
  done
  rm -f "$pid_file"
}

# What the build left, to see whether it changed something.
built() { stat -c '%n %Y' "$gardu" "$plugins"/*.so 2>/dev/null || true; }

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# choose_port WANTED WHAT: that one, or the next free one.
choose_port() {
  local port=$1
  while ! port_is_free "$port"; do port=$((port + 1)); done
  [ "$port" = "$1" ] || say "Port $1 is taken: $2 listens on $port instead" >&2
  printf '%s\n' "$port"
}

write_config() {
  local http_port pusher_port
  http_port=$(choose_port 8000 'REST')
  pusher_port=$(choose_port 8080 'the broadcaster')
  while [ "$pusher_port" = "$http_port" ]; do pusher_port=$(choose_port $((pusher_port + 1)) 'the broadcaster'); done
  cat >"$config" <<JSON
{
  // Written by samples/quickstart.sh at every start.
  "data_dir": "$data",
  "http": { "listen": "127.0.0.1:$http_port", "public_url": "http://127.0.0.1:$http_port" },
  "storage": { "backend": "sqlite3", "dsn": "$data/gardu.db" },
  "plugins": {
    "paths": ["$plugins"],
    "load": {
      "loopback": {},
      "pusher": { "listen": "127.0.0.1:$pusher_port",
                  "apps": [ { "id": "gardu", "key": "gardu-key", "secret": "" } ] }
    }
  }
}
JSON
  printf '%s %s\n' "$http_port" "$pusher_port" >"$data/ports"
}

read_ports() {
  read -r http_port pusher_port <"$data/ports"
  url=http://127.0.0.1:$http_port
}

is_ready() { curl -fsS -o /dev/null --max-time 2 "$url/readyz" 2>/dev/null; }

start_gateway() {
  write_config
  read_ports
  say "Starting: gardu serve --config ${config#"$root"/}"
  # Of its own session, so that it outlives this script and its terminal.
  setsid "$gardu" serve --config "$config" >"$log" 2>&1 </dev/null &
  echo $! >"$pid_file"
  local tries
  for tries in $(seq 150); do
    is_ready && return
    running_pid >/dev/null || { tail -n 20 "$log" >&2; die "the gateway ended; its log is $log"; }
    sleep 0.2
  done
  tail -n 20 "$log" >&2
  die "the gateway was not ready within 30 s ($tries tries); its log is $log"
}

# api METHOD PATH [JSON]
api() {
  curl -fsS --max-time 10 -X "$1" "$url/api/v1$2" -H "Authorization: Bearer $token" \
    ${3:+-H 'Content-Type: application/json' --data "$3"}
}

# A field of the first object of a list, or of the object itself; nothing when there is none.
field() {
  node -e '
    let text = "";
    process.stdin.on("data", (part) => (text += part)).on("end", () => {
      const json = JSON.parse(text);
      const object = Array.isArray(json.data) ? json.data.find((a) => a.transport === "loopback") : json;
      process.stdout.write(String(object?.[process.argv[1]] ?? ""));
    });' "$1"
}

case ${1:-} in
  '') ;;
  --stop)
    if stop_gateway; then echo 'quickstart: stopped'; else echo 'quickstart: nothing was running'; fi
    exit 0
    ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
esac

install_packages build
install_clients
before=$(built)
build ci gardu loopback pusher
mkdir -p "$data"
chmod 700 "$data"

if pid=$(running_pid) && [ "$before" = "$(built)" ] && read_ports && is_ready; then
  say "Already running: process $pid"
else
  stop_gateway || true
  start_gateway
fi
say "Ready: REST on $url, the broadcaster on 127.0.0.1:$pusher_port"

token=$(cat "$data/owner.token")
account=$(api GET /accounts | field id)
if [ -z "$account" ]; then
  account=$(api POST /accounts '{"transport":"loopback","name":"Quickstart","address":"+6280000000000"}' | field id)
  say "Account: $account on the loopback network (new)"
else
  say "Account: $account on the loopback network"
fi

say 'A message, and its journey as Laravel Echo hears it:'
GARDU_TOKEN=$token node "$root/samples/echo_watch/watch.mjs" --url "$url" --pusher "127.0.0.1:$pusher_port" \
  --account "$account" --to "$number" || die "the journey is incomplete; the gateway's log is $log"

cat <<TEXT

The gateway goes on in the background (process $(cat "$pid_file"), log ${log#"$root"/}). Try next:

  export TOKEN=\$(cat ${data#"$root"/}/owner.token)
  curl -s $url/api/v1/contacts -H "Authorization: Bearer \$TOKEN"
  curl -s $url/api/v1/messages -H "Authorization: Bearer \$TOKEN" -H 'Content-Type: application/json' \\
       -d '{"account_id":"$account","to":"$number","type":"text","text":"Apa kabar?"}'
  curl -sN $url/api/v1/events -H "Authorization: Bearer \$TOKEN" -H 'Accept: text/event-stream'
  samples/quickstart.sh --stop

TEXT
echo "quickstart: done; every step of the journey arrived"
