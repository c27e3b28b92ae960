// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: claims a path that is another plugin's.
#include "bare.hpp"

namespace {

void handle(void*, const gardu_http_request*, const gardu_http_reply* reply) {
  reply->drop(reply->context);
}

int32_t starts(void*, gardu_str, gardu_error* error) {
  const auto* table = bad::service<gardu_host_http_routes>(GARDU_EXT_HTTP_ROUTES);
  gardu_route r{};
  r.size = sizeof r;
  r.method = bad::text("POST");
  r.pattern = bad::text("/webhooks/meta_cloud");
  r.handle = handle;
  (void)table->add(bad::host->context, &r, error);
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_foreign_route", GARDU_ROLE_HTTP))
BAD_CREATE(plugin->start = starts;)
