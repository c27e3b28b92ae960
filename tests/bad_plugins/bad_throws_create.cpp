// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: throws out of create.
#include <stdexcept>

#include "bare.hpp"

BAD_MANIFEST(bad::manifest("bad_throws_create", GARDU_ROLE_SERVICE))
BAD_CREATE(throw std::runtime_error("no create today");)
