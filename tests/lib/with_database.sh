#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Starts a database server of its own in a temporary directory on loopback, runs a command with the
# way to it in the environment, and stops the server.
#   tests/lib/with_database.sh postgresql|mysql COMMAND…
# The command gets GARDU_STORAGE_BACKEND and GARDU_STORAGE_SERVER: the connection string without a
# database, of a user who may create some. GARDU_STORAGE_KEEPER is the process that takes the server
# away at SIGUSR1, and brings it back at SIGUSR2.
set -euo pipefail

PATH=$PATH:/usr/sbin # where mariadbd is
backend=${1:?expected postgresql or mysql}
shift
dir=$(mktemp -d "${TMPDIR:-/tmp}/gardu-$backend-XXXXXX")
chmod 755 "$dir"
server=
end_server() {
  [ -n "$server" ] || return 0
  kill -QUIT "$server" 2>/dev/null || true # PostgreSQL at once, without an end in order
  [ "$backend" = postgresql ] || kill -KILL "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}
stop() {
  end_server
  rm -rf "$dir"
}
trap stop EXIT

# Below the ports that systems give away by themselves.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# Postgres refuses to run as root.
as_owner() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

start_postgresql() {
  local bin
  bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -1)
  [ "$(id -u)" = 0 ] && chown postgres "$dir"
  [ -d "$dir/data" ] || (cd "$dir" && as_owner "$bin/initdb" -D "$dir/data" -A trust -U gardu \
    --no-locale -E UTF8 -N) >"$dir/log" 2>&1
  (cd "$dir" && exec_as_owner "$bin/postgres" -D "$dir/data" -p "$port" -h 127.0.0.1 -k "$dir" \
    -c fsync=off -c full_page_writes=off -c max_connections=200) >>"$dir/log" 2>&1 &
  server=$!
  export GARDU_STORAGE_SERVER="host=127.0.0.1 port=$port user=gardu"
}
exec_as_owner() {
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid postgres --regid postgres --init-groups "$@"
  else
    exec "$@"
  fi
}

start_mysql() {
  local user=()
  [ "$(id -u)" = 0 ] && user=(--user=root)
  [ -d "$dir/data" ] || mariadb-install-db --no-defaults "${user[@]}" --datadir="$dir/data" \
    --auth-root-authentication-method=normal --skip-test-db >"$dir/log" 2>&1
  mariadbd --no-defaults "${user[@]}" --datadir="$dir/data" --socket="$dir/sock" --port="$port" \
    --bind-address=127.0.0.1 --skip-name-resolve --innodb-flush-log-at-trx-commit=2 \
    --max-connections=200 >>"$dir/log" 2>&1 &
  server=$!
  export GARDU_STORAGE_SERVER="host=127.0.0.1 port=$port user=gardu password=gardu"
}

ready() {
  if [ "$backend" = postgresql ]; then
    psql -h 127.0.0.1 -p "$port" -U gardu -d postgres -c 'select 1' >/dev/null 2>&1
  else
    mariadb --no-defaults -u root -S "$dir/sock" -e "
      create or replace user gardu@'127.0.0.1' identified by 'gardu';
      grant all on *.* to gardu@'127.0.0.1'" >/dev/null 2>&1
  fi
}

start_server() {
  "start_$backend"
  for _ in $(seq 300); do
    ready && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$dir/log" >&2
  return 1
}

port=$(free_port)
start_server
export GARDU_STORAGE_BACKEND=$backend GARDU_STORAGE_KEEPER=$$
trap end_server USR1
trap start_server USR2
"$@" &
command=$!
# A signal ends the waiting, not the command, which may have ended by the time the signal is served.
while kill -0 "$command" 2>/dev/null; do wait "$command" || true; done
status=0
wait "$command" || status=$?
exit "$status"
