// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: start never returns.
#include <chrono>
#include <thread>

#include "bare.hpp"

namespace {

[[noreturn]] void for_ever() {
  for (;;) std::this_thread::sleep_for(std::chrono::seconds(60));
}

int32_t hangs(void*, gardu_str, gardu_error*) { for_ever(); }

}  // namespace

BAD_MANIFEST(bad::manifest("bad_hangs_start", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->start = hangs;)
