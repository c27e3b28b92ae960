// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: no license, a version that is none, an unknown role.
#include "bare.hpp"

namespace {

constexpr gardu_manifest changed() {
  gardu_manifest m = bad::manifest("bad_texts", GARDU_ROLE_SERVICE);
  m.roles |= 1024;
  m.license[0] = '\0';
  bad::put(m.version, "newest");
  return m;
}

}  // namespace

BAD_MANIFEST(changed())
BAD_CREATE()
