// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: every start leaves memory behind.
#include <cstdlib>

#include "bare.hpp"

namespace {

void* volatile kept = nullptr;

int32_t leaks(void*, gardu_str, gardu_error*) {
  kept = std::calloc(1, 4096);
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_leaks_memory", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->start = leaks;)
