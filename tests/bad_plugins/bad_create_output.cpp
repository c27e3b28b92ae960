// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: create prints, and opens a file.
#include <cstdio>

#include "bare.hpp"

BAD_MANIFEST(bad::manifest("bad_create_output", GARDU_ROLE_SERVICE))
BAD_CREATE(std::puts("created"); (void)std::fopen("/dev/null", "r");)
