// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: the manifest does not begin with the magic bytes.
#include "bare.hpp"

namespace {

constexpr gardu_manifest changed() {
  gardu_manifest m = bad::manifest("bad_magic", GARDU_ROLE_SERVICE);
  m.magic[0] = 'X';
  return m;
}

}  // namespace

BAD_MANIFEST(changed())
BAD_CREATE()
