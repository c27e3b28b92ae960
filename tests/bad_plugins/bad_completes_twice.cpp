// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: tells the outcome of a send twice.
#include "bare.hpp"

namespace {

void describe(void*, gardu_transport_info* info) { info->max_in_flight = 1; }
int32_t connect(void*, const gardu_account*, gardu_error*) { return GARDU_OK; }
int32_t disconnect(void*, gardu_str, gardu_error*) { return GARDU_OK; }

int32_t sends(void*, const gardu_outbound*, gardu_completion completion, gardu_error*) {
  gardu_send_outcome out{};
  out.size = sizeof out;
  out.provider_message_id = bad::text("wamid.twice");
  completion.done(completion.context, &out);
  completion.done(completion.context, &out);
  return GARDU_OK;
}

const gardu_transport table{
    sizeof(gardu_transport), 0, describe, connect, disconnect, sends, nullptr};
const void* finds(void*, const char* id) {
  return std::strcmp(id, GARDU_EXT_TRANSPORT) == 0 ? &table : nullptr;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_completes_twice", GARDU_ROLE_TRANSPORT))
BAD_CREATE(plugin->extension = finds;)
