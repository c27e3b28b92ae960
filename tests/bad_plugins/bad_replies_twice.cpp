// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: answers a request twice.
#include "bare.hpp"

namespace {

void handle(void*, const gardu_http_request*, const gardu_http_reply* reply) {
  const gardu_http_reply kept = *reply;
  gardu_http_response answer{};
  answer.size = sizeof answer;
  answer.status = 200;
  kept.send(kept.context, &answer);
  kept.send(kept.context, &answer);
}

int32_t starts(void*, gardu_str, gardu_error* error) {
  const auto* table = bad::service<gardu_host_http_routes>(GARDU_EXT_HTTP_ROUTES);
  gardu_route r{};
  r.size = sizeof r;
  r.method = bad::text("POST");
  r.pattern = bad::text("/webhooks/bad_replies_twice");
  r.handle = handle;
  return table->add(bad::host->context, &r, error);
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_replies_twice", GARDU_ROLE_HTTP))
BAD_CREATE(plugin->start = starts;)
