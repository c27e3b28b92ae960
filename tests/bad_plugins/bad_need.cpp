// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: needs a service that no host has.
#include "bare.hpp"

namespace {

constexpr gardu_manifest changed() {
  gardu_manifest m = bad::manifest("bad_need", GARDU_ROLE_SERVICE);
  bad::put(m.needs, "gardu.log/1 gardu.telepathy/1");
  return m;
}

}  // namespace

BAD_MANIFEST(changed())
BAD_CREATE()
