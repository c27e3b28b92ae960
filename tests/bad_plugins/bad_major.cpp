// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: built for a contract that does not exist.
#include "bare.hpp"

namespace {

constexpr gardu_manifest changed() {
  gardu_manifest m = bad::manifest("bad_major", GARDU_ROLE_SERVICE);
  m.abi_major = 99;
  return m;
}

}  // namespace

BAD_MANIFEST(changed())
BAD_CREATE()
