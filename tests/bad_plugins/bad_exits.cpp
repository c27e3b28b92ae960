// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: ends the process when an event comes.
#include <cstdlib>

#include "bare.hpp"

namespace {

int32_t exits(void*, const gardu_event* const*, uint32_t count, int32_t*, gardu_error*) {
  if (count != 0) std::exit(0);
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_exits", GARDU_ROLE_SUBSCRIBER))
BAD_CREATE(plugin->on_events = exits;)
