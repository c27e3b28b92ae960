// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: stop never returns.
#include <chrono>
#include <thread>

#include "bare.hpp"

namespace {

[[noreturn]] void for_ever() {
  for (;;) std::this_thread::sleep_for(std::chrono::seconds(60));
}

int32_t hangs(void*, gardu_error*) { for_ever(); }

}  // namespace

BAD_MANIFEST(bad::manifest("bad_hangs_stop", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->stop = hangs;)
