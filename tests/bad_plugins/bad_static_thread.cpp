// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: a static constructor starts a thread.
#include <chrono>
#include <thread>

#include "bare.hpp"

namespace {

struct Early {
  std::thread thread{[] {
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(60));
  }};
  ~Early() { thread.detach(); }
};
const Early early;

}  // namespace

BAD_MANIFEST(bad::manifest("bad_static_thread", GARDU_ROLE_SERVICE))
BAD_CREATE()
