// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: adds a route from a thread of its own.
#include <thread>

#include "bare.hpp"

namespace {

std::thread other;

void handle(void*, const gardu_http_request*, const gardu_http_reply* reply) {
  reply->drop(reply->context);
}

int32_t starts(void*, gardu_str, gardu_error*) {
  other = std::thread([] {
    const auto* table = bad::service<gardu_host_http_routes>(GARDU_EXT_HTTP_ROUTES);
    gardu_route r{};
    r.size = sizeof r;
    r.method = bad::text("GET");
    r.pattern = bad::text("/api/v1/bad_route_thread/x");
    r.handle = handle;
    gardu_error error{};
    error.size = sizeof error;
    (void)table->add(bad::host->context, &r, &error);
  });
  return GARDU_OK;
}

int32_t stops(void*, gardu_error*) {
  if (other.joinable()) other.join();
  return GARDU_OK;
}

}  // namespace

BAD_MANIFEST(bad::manifest("bad_route_thread", GARDU_ROLE_HTTP))
BAD_CREATE(plugin->start = starts; plugin->stop = stops;)
