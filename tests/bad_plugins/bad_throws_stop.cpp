// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: throws out of stop.
#include <stdexcept>

#include "bare.hpp"

namespace {

int32_t throws(void*, gardu_error*) { throw std::runtime_error("no stop today"); }

}  // namespace

BAD_MANIFEST(bad::manifest("bad_throws_stop", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->stop = throws;)
