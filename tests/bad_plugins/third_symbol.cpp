// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: exports a symbol of its own.
#include "bare.hpp"

BAD_EXPORT int32_t bad_third_symbol_help(void);
BAD_EXPORT int32_t bad_third_symbol_help(void) { return 1; }

BAD_MANIFEST(bad::manifest("bad_third_symbol", GARDU_ROLE_SERVICE))
BAD_CREATE()
