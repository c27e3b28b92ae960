// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: looks an event's type up in a table, however large it is.
#include "bare.hpp"

namespace {

using Handler = int32_t (*)(const gardu_event&);
int32_t fine(const gardu_event&) { return GARDU_OK; }

int32_t looks_up(void*, const gardu_event* const* events, uint32_t count, int32_t* results,
                 gardu_error*) {
  for (uint32_t i = 0; i < count; ++i) {
    const Handler handler = events[i]->type <= GARDU_EVENT_PLUGIN_STATUS ? fine : nullptr;
    results[i] = handler(*events[i]);
  }
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_unknown_type", GARDU_ROLE_SUBSCRIBER))
BAD_CREATE(plugin->on_events = looks_up;)
