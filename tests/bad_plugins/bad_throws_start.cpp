// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: throws out of start.
#include <stdexcept>

#include "bare.hpp"

namespace {

int32_t throws(void*, gardu_str, gardu_error*) { throw std::runtime_error("no start today"); }

}  // namespace

BAD_MANIFEST(bad::manifest("bad_throws_start", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->start = throws;)
