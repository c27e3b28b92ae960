// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: on_events never returns.
#include <chrono>
#include <thread>

#include "bare.hpp"

namespace {

[[noreturn]] void for_ever() {
  for (;;) std::this_thread::sleep_for(std::chrono::seconds(60));
}

int32_t hangs(void*, const gardu_event* const*, uint32_t count, int32_t*, gardu_error*) {
  if (count == 0) return GARDU_OK;
  for_ever();
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_hangs_events", GARDU_ROLE_SUBSCRIBER))
BAD_CREATE(plugin->on_events = hangs;)
