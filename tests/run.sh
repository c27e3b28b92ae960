#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, builds everything and runs every test.
#   tests/run.sh [--preset NAME] [-R REGEX]
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

usage() { echo "usage: tests/run.sh [--preset ci|dev|release|asan|tsan] [-R REGEX]"; }

preset=ci
only=()
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2:?--preset needs a name} && shift 2 ;;
    -R) only=(-R "${2:?-R needs a regular expression}") && shift 2 ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done

install_packages tests
install_clients
build "$preset"

say "Testing: ctest --preset $preset"
cd "$root"
if ctest --preset "$preset" -j "$(nproc)" "${only[@]}"; then
  echo "tests/run.sh: every test passed (preset $preset)"
else
  echo "tests/run.sh: some tests failed (preset $preset); their output is above"
  exit 1
fi
