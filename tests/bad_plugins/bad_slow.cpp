// SPDX-License-Identifier: Apache-2.0
// Not forbidden, but not good: on_events takes longer than the host likes to wait.
#include <chrono>
#include <thread>

#include "bare.hpp"

namespace {

int32_t dawdles(void*, const gardu_event* const*, uint32_t count, int32_t*, gardu_error*) {
  if (count != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_slow", GARDU_ROLE_SUBSCRIBER))
BAD_CREATE(plugin->on_events = dawdles;)
