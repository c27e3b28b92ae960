// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: retains an event and never releases it.
#include "bare.hpp"

namespace {

int32_t keeps(void*, const gardu_event* const* events, uint32_t count, int32_t*, gardu_error*) {
  if (count != 0) (void)bad::host->retain(bad::host->context, events[0]);
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_keeps_retained", GARDU_ROLE_SUBSCRIBER))
BAD_CREATE(plugin->on_events = keeps;)
