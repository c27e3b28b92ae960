// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: stop reads what only a successful start has made.
#include "bare.hpp"

namespace {

int* volatile made = nullptr;
int number = 1;

int32_t starts(void*, gardu_str, gardu_error* error) {
  if (bad::service<gardu_host_timer>(GARDU_EXT_TIMER) == nullptr) {
    std::strcpy(error->message, "this host has no timers");
    return GARDU_UNSUPPORTED;
  }
  made = &number;
  return GARDU_OK;
}

int32_t stops(void*, gardu_error*) {
  const int seen = *made;
  made = nullptr;
  return seen == 1 ? GARDU_OK : GARDU_INTERNAL;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_failed_start", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->start = starts; plugin->stop = stops;)
