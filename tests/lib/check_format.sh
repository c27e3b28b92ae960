#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Says which C and C++ files of the repository are not laid out as .clang-format wants it.
#   tests/lib/check_format.sh [CLANG_FORMAT]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

# Outside a checkout (an unpacked archive) the folders themselves are the list.
list() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard -- '*.h' '*.hpp' '*.c' '*.cpp'
  else
    find host plugins samples sdk storage tests -name node_modules -prune -o \
      -type f -regex '.*\.\(h\|hpp\|c\|cpp\)' -print0
  fi
}
# A file that is deleted but still in the index is no file to look at.
list | while IFS= read -r -d '' file; do
  if [ -f "$file" ]; then printf '%s\0' "$file"; fi
done |
  xargs -0 -r -n 40 -P "$(nproc)" "${1:-clang-format}" --dry-run -Werror
