#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs one fuzz target from its seeds for so many seconds and says how often it was executed. A
# finding fails, and its input stays beside the program.
#   run_target.sh PROGRAM SECONDS NODE
set -euo pipefail
program=$1 seconds=$2 node=$3
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
target=$(basename -- "$program")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$node" "$here/make_seeds.mjs" "$work/seeds"
mkdir "$work/found"
log=$work/log
if "$program" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
  -dict="$here/pusher.dict" -artifact_prefix="$program." -print_final_stats=1 -verbosity=1 \
  "$work/found" "$work/seeds/$target" >"$log" 2>&1; then
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "$target: no finding in $runs executions, $seconds s, $(ls "$work/found" | wc -l) inputs kept"
else
  tail -n 60 "$log"
  echo "$target: a finding; its input is $program.*"
  exit 1
fi
