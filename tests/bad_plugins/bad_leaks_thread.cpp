// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: every start leaves a thread behind.
#include <chrono>
#include <thread>

#include "bare.hpp"

namespace {

int32_t leaks(void*, gardu_str, gardu_error*) {
  std::thread([] {
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(60));
  }).detach();
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_leaks_thread", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->start = leaks;)
