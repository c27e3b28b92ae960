// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: a static constructor prints.
#include <cstdio>

#include "bare.hpp"

namespace {

struct Early {
  Early() { std::puts("Thank you for choosing bad_static_output!"); }
};
const Early early;

}  // namespace

BAD_MANIFEST(bad::manifest("bad_static_output", GARDU_ROLE_SERVICE))
BAD_CREATE()
