// SPDX-License-Identifier: Apache-2.0
// The routes of a plugin, and what it answers to requests that are wrong.
#include <set>

#include "check/checks.hpp"
#include "check/exercise.hpp"

namespace gardu::host::check {
namespace {

constexpr const char* kRouteRule =
    "abi/ext/http_routes.h: a plugin may claim paths under /api/v1/<plugin id>/, /webhooks/<plugin "
    "id> and /broadcasting/";

bool own_path(const std::string& path, const std::string& id) {
  const auto below = [&](const std::string& prefix) {
    return path.compare(0, prefix.size(), prefix) == 0 &&
           (prefix.back() == '/' || path.size() == prefix.size() || path[prefix.size()] == '/');
  };
  return below("/api/v1/" + id + "/") || below("/webhooks/" + id) || below("/broadcasting/");
}

void with_routes(Context& c, const std::function<void(Rig&)>& body) {
  if (!c.subject().read->has_role(GARDU_ROLE_HTTP)) c.skip("the plugin has no role http");
  const Module module = need_module(c);
  Rig rig(c, module);
  rig.run_or_leave();
  body(rig);
  rig.tear_down();
}

struct Bad {
  const char* what;
  std::string body;
};
std::vector<Bad> bad_bodies() {
  return {{"no body", ""},
          {"a body of garbage", std::string("\x00\xff\xfe{[\"\x01", 7)},
          {"a JSON null", "null"},
          {"a JSON number", "1e999"},
          {"an empty object", "{}"},
          {"an empty array", "[]"},
          {"JSON that is cut off", "{\"a\":[{\"b\":\""},
          {"JSON a thousand levels deep", std::string(1000, '[') + std::string(1000, ']')},
          {"a form", "socket_id=1.2&channel_name=private-x%"},
          {"text that is not UTF-8", "{\"text\":\"\xff\xfe\"}"},
          {"64 KiB of spaces", std::string(65536, ' ')}};
}

}  // namespace

void check_routes(Context& c) {
  with_routes(c, [&](Rig& rig) {
    const auto routes = rig.host().routes();
    const std::string id = c.subject().manifest().id;
    if (routes.empty())
      c.warn("a plugin with the role http mounts a route in start", "it has none", kRouteRule);
    for (const auto& r : routes)
      if (!own_path(r.pattern, id)) c.fail("a path that it may claim", r.pattern, kRouteRule);
    for (const std::string& fault : rig.host().faults())
      if (fault.find("http-routes") != std::string::npos)
        c.fail("routes are mounted as the header says", fault, kRouteRule);
  });
}

void check_requests(Context& c) {
  with_routes(c, [&](Rig& rig) {
    std::vector<Told> told;
    const auto ask = [&](const std::string& method, const std::string& path, const Bad& bad,
                         const testing::Headers& headers) {
      c.step("requesting " + method + " " + path.substr(0, 80) + " with " + bad.what);
      const auto answer = rig.request(method, path, bad.body, headers);
      told.push_back([answer] { return answer.answered() || answer.dropped(); });
    };
    for (const auto& route : rig.host().routes()) {
      const std::string path = path_of(route.pattern, "1");
      for (const Bad& bad : bad_bodies()) {
        ask(route.method, path, bad, {});
        ask(route.method, path, bad, {{"Content-Type", "application/json"}});
        ask(route.method, path, bad,
            {{"X-Hub-Signature-256", "sha256=00"}, {"Content-Type", "\xff;;"}});
      }
      ask(route.method, path + "?a=%&b&=c&%00=%ff&a=a", {"a broken query", ""}, {});
      ask(route.method, path_of(route.pattern, "%00%ff..%2f"), {"broken parameters", "{}"}, {});
      for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "BREW"})
        ask(method, path, {"perhaps the wrong method", "{}"}, {});
    }
    if (told.empty()) c.note("it has no routes");
    const char* rule = "abi/ext/http_routes.h: exactly one of send and drop, exactly once";
    if (const std::size_t left = owed_after_stop(rig, told); left != 0)
      c.fail("each request is answered within 5 s, or by stop",
             std::to_string(left) + " of " + std::to_string(told.size()) + " never were", rule);
    for (const std::string& fault : rig.host().faults()) c.fail("one answer each", fault, rule);
  });
}

}  // namespace gardu::host::check
