// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: throws out of on_events.
#include "bare.hpp"

namespace {

int32_t throws(void*, const gardu_event* const*, uint32_t, int32_t*, gardu_error*) { throw 42; }

}  // namespace

BAD_MANIFEST(bad::manifest("bad_throws_events", GARDU_ROLE_SUBSCRIBER))
BAD_CREATE(plugin->on_events = throws;)
