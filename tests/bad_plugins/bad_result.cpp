// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: answers an event with a status that does not exist.
#include "bare.hpp"

namespace {

int32_t answers(void*, const gardu_event* const*, uint32_t count, int32_t* results, gardu_error*) {
  for (uint32_t i = 0; i < count; ++i) results[i] = 4711;
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_result", GARDU_ROLE_SUBSCRIBER))
BAD_CREATE(plugin->on_events = answers;)
