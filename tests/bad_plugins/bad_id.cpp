// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: an id with capitals.
#include "bare.hpp"

namespace {

constexpr gardu_manifest changed() {
  gardu_manifest m = bad::manifest("bad_id", GARDU_ROLE_SERVICE);
  m.id[0] = 'B';
  return m;
}

}  // namespace

BAD_MANIFEST(changed())
BAD_CREATE()
