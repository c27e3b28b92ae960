// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: the id is not the name of the file.
#include "bare.hpp"

BAD_MANIFEST(bad::manifest("something_else", GARDU_ROLE_SERVICE))
BAD_CREATE()
