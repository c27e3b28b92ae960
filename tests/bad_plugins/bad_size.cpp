// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: the manifest says that it is shorter than a manifest can be.
#include "bare.hpp"

namespace {

constexpr gardu_manifest changed() {
  gardu_manifest m = bad::manifest("bad_size", GARDU_ROLE_SERVICE);
  m.size = 16;
  return m;
}

}  // namespace

BAD_MANIFEST(changed())
BAD_CREATE()
