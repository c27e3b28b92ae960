// SPDX-License-Identifier: Apache-2.0
#include "api/cors.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gardu::host {

Cors::Cors(std::vector<std::string> origins)
    : origins_(std::move(origins)),
      any_(std::find(origins_.begin(), origins_.end(), "*") != origins_.end()) {}

void Cors::decorate(const http::RequestHead& head, http::Response& response) const {
  if (origins_.empty()) return;
  // A cache must not give one origin's answer to another, nor to a caller without one.
  if (!any_) response.headers.add("Vary", "Origin");
  const std::string_view origin = head.headers.get("Origin");
  if (origin.empty()) return;
  if (!any_ && std::find(origins_.begin(), origins_.end(), origin) == origins_.end()) return;
  response.headers.set("Access-Control-Allow-Origin", any_ ? "*" : origin);
  response.headers.set("Access-Control-Expose-Headers",
                       "X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
                       "Retry-After, Idempotent-Replayed");
}

http::Response Cors::preflight(const http::RequestHead& head) const {
  http::Response r = http::Response::empty(204);
  decorate(head, r);
  if (!r.headers.has("Access-Control-Allow-Origin")) return r;
  r.headers.set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE, PUT");
  r.headers.set("Access-Control-Allow-Headers",
                "Authorization, Content-Type, X-Requested-With, X-CSRF-TOKEN, X-Socket-Id, "
                "Idempotency-Key, Last-Event-ID");
  r.headers.set("Access-Control-Max-Age", "600");
  return r;
}

}  // namespace gardu::host
