// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: keeps a view of an event, and reads it with the next one.
#include "bare.hpp"

namespace {

gardu_str kept{nullptr, 0};

int32_t keeps(void*, const gardu_event* const* events, uint32_t count, int32_t* results,
              gardu_error*) {
  if (count == 0) return GARDU_OK;
  if (kept.size != 0 && kept.data[0] == '?') results[0] = GARDU_INVALID;
  kept = events[count - 1]->id;
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_keeps_view", GARDU_ROLE_SUBSCRIBER))
BAD_CREATE(plugin->on_events = keeps;)
