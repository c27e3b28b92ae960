// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: answers every extension's id with a table.
#include "bare.hpp"

namespace {

const uint32_t table[4] = {sizeof table, 0, 0, 0};
const void* finds(void*, const char*) { return table; }

}  // namespace

BAD_MANIFEST(bad::manifest("bad_any_extension", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->extension = finds;)
