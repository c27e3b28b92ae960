// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: every start leaves a descriptor open.
#include <fcntl.h>

#include "bare.hpp"

namespace {

int32_t leaks(void*, gardu_str, gardu_error*) {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 ? GARDU_OK : GARDU_INTERNAL;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_leaks_descriptor", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->start = leaks;)
