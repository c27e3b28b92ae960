// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: settings that nobody describes, with a default that its own schema refuses.
#include "bare.hpp"

BAD_MANIFEST(bad::manifest("bad_schema", GARDU_ROLE_SERVICE))
BAD_CREATE()
