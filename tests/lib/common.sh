# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What tests/run.sh and samples/quickstart.sh share: packages, the build, the Node clients. To be
# sourced; wants `set -euo pipefail`. Everything is idempotent, and quick when there is nothing to do.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '==> %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "packages are missing, and this is neither root nor is there sudo: $missing"
  fi
}

# Sets `missing` to the packages of tests/packages.txt that are not installed. $1: `tests`, or
# `build` for those above [tests] alone.
find_missing() {
  local line command package wanted=()
  missing=
  while read -r line; do
    case $line in
      '' | '#'*) continue ;;
      '[tests]') if [ "$1" = build ]; then break; else continue; fi ;;
      *:*)
        command=${line%%:*}
        package=${line#*:}
        command -v "$command" >/dev/null || missing+=" $package"
        ;;
      *) wanted+=("$line") ;;
    esac
  done <"$root/tests/packages.txt"
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' || true)
  for package in "${wanted[@]}"; do
    grep -qxF -- "$package" <<<"$installed" || missing+=" $package"
  done
}

install_packages() {
  find_missing "$1"
  if [ -z "$missing" ]; then
    say 'Packages: all there'
    return
  fi
  say "Packages: installing$missing"
  # The lists may know these packages already; they are fetched again only when they do not.
  # shellcheck disable=SC2086
  if ! DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -q --no-install-recommends $missing; then
    as_root apt-get update -q
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -q --no-install-recommends $missing
  fi
}

# build PRESET [TARGET…]
build() {
  local preset=$1
  shift
  cd "$root"
  if [ ! -f ".build/$preset/build.ninja" ]; then
    say "Configuring: cmake --preset $preset"
    cmake --preset "$preset"
  fi
  say "Building: cmake --build --preset $preset${*:+ --target $*}"
  if [ $# -gt 0 ]; then
    cmake --build --preset "$preset" --target "$@"
  else
    cmake --build --preset "$preset"
  fi
}

# The clients that the tests and the quickstart use, exactly as the lock file has them.
install_clients() {
  local dir=$root/tests/e2e stamp
  stamp=$dir/node_modules/.gardu-stamp
  if [ -f "$stamp" ] && cmp -s "$stamp" "$dir/package-lock.json"; then
    say 'Node clients: all there'
    return
  fi
  say 'Node clients: npm ci in tests/e2e'
  (cd "$dir" && npm ci --no-progress --loglevel=error)
  cp "$dir/package-lock.json" "$stamp"
}
