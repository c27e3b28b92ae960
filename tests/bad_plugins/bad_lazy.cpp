// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: symbols are bound when they are first called.
#include "bare.hpp"

BAD_MANIFEST(bad::manifest("bad_lazy", GARDU_ROLE_SERVICE))
BAD_CREATE()
