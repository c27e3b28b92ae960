// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: asks again and again while the host says that it is full.
#include "bare.hpp"

namespace {

void told(void*, int32_t, const gardu_publish_result*, uint32_t) {}

int32_t spins(void*, const gardu_event* const* events, uint32_t count, int32_t*, gardu_error*) {
  const auto* table = bad::service<gardu_host_publish>(GARDU_EXT_PUBLISH);
  gardu_publication p{};
  p.size = sizeof p;
  p.type = GARDU_EVENT_OTHER;
  p.type_name = bad::text("bad_spins_on_full.seen");
  p.data = bad::text("{}");
  const gardu_publication* items[] = {&p};
  gardu_error error{};
  error.size = sizeof error;
  for (uint32_t i = 0; i < count; ++i) {
    p.workspace_id = events[i]->workspace_id;
    while (table->publish(bad::host->context, items, 1, told, nullptr, &error) == GARDU_FULL) {
    }
  }
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_spins_on_full", GARDU_ROLE_SUBSCRIBER))
BAD_CREATE(plugin->on_events = spins;)
