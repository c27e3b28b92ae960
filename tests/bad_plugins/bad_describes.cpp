// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: a transport that describes itself in bits nobody knows, and has no send.
#include "bare.hpp"

namespace {

void describe(void*, gardu_transport_info* info) {
  info->max_in_flight = 4000000000U;
  info->features = ~uint64_t{0};
}
int32_t connect(void*, const gardu_account*, gardu_error*) { return GARDU_OK; }
int32_t disconnect(void*, gardu_str, gardu_error*) { return GARDU_OK; }

const gardu_transport table{
    sizeof(gardu_transport), 0, describe, connect, disconnect, nullptr, nullptr};
const void* finds(void*, const char* id) {
  return std::strcmp(id, GARDU_EXT_TRANSPORT) == 0 ? &table : nullptr;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_describes", GARDU_ROLE_TRANSPORT))
BAD_CREATE(plugin->extension = finds;)
