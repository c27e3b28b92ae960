// SPDX-License-Identifier: Apache-2.0
// GET /healthz, /readyz, /metrics: for whoever keeps the gateway alive. No token.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/api.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

// 200 as long as the process answers at all.
http::Response healthz(Call&) { return json_response(200, {{"status", "ok"}}); }

// 200 when every part works; 503 while one does not, or while stopping.
http::Response readyz(Call& call) {
  json parts = json::object();
  bool ready = !call.api.draining();
  for (const ReadyPart& p : call.api.readiness()) {
    parts[p.name] = {{"ready", p.ready}};
    if (!p.detail.empty()) parts[p.name]["detail"] = p.detail;
    ready = ready && p.ready;
  }
  json body{{"status", ready                 ? "ready"
                       : call.api.draining() ? "draining"
                                             : "not ready"},
            {"parts", std::move(parts)}};
  return json_response(ready ? 200 : 503, body);
}

http::Response metrics(Call& call) {
  return http::Response::bytes(200, "text/plain; version=0.0.4", call.api.metrics.text());
}

}  // namespace

void add_health_routes(ApiRouter& router) {
  const auto open = [&](const char* path, std::function<http::Response(Call&)> handle,
                        bool direct = false) {
    ApiRoute r;
    r.direct = direct;
    r.kind = ApiRoute::Kind::open;
    r.handle = std::move(handle);
    add_route(router, "GET", path, std::move(r));
  };
  open("/healthz", healthz, true);
  open("/readyz", readyz);
  open("/metrics", metrics);
}

}  // namespace gardu::host
