// SPDX-License-Identifier: Apache-2.0
// Requests that are not as they should be: routes, methods, types, sizes, and JSON meant to hurt.
#include "support.hpp"

namespace gardu::host {
namespace {

TEST(Hostile, UnknownRoutesAreNotThere) {
  Host host;
  const Tenant t(host, "one");
  for (const char* path : {"/", "/api", "/api/v1", "/api/v1/", "/api/v2/me", "/api/v1/me/",
                           "/users", "/api/v1/users", "/api/v1/audit", "/api/v1/contacts//read"})
    EXPECT_EQ(host.get(path, t.owner).status, 404) << path;
  EXPECT_EQ(host.get("/api/v1/contacts/%zz", t.owner).status, 400);
}

TEST(Hostile, IdsThatCannotBeAreNotThere) {
  Host host;
  const Tenant t(host, "one");
  for (const char* id : {"x", "%00", "%ff", "..%2f..", "01890000-0000-7000-8000-00000000000",
                         "'%20or%201=1--", "%F0%9F%98%80"})
    for (const char* resource : {"accounts", "contacts", "messages"})
      EXPECT_EQ(host.get("/api/v1/" + std::string(resource) + "/" + id, t.owner).status, 404)
          << resource << " " << id;
}

TEST(Hostile, AWrongMethodIsToldTheRightOnes) {
  Host host;
  const Tenant t(host, "one");
  const Reply r = host.call("PUT", "/api/v1/messages", t.owner, "{}");
  EXPECT_EQ(r.status, 405);
  EXPECT_EQ(r.header("Allow"), "GET, HEAD, POST");
  EXPECT_EQ(host.call("BREW", "/api/v1/me", t.owner).status, 405);
  // Whatever methods clients think of, the metrics stay a few series.
  EXPECT_EQ(host.metrics.text().find("BREW"), std::string::npos);
}

TEST(Hostile, OnlyJsonIsTaken) {
  Host host;
  const Tenant t(host, "one");
  const std::string body = R"({"contact_id":")" + t.contact + R"(","text":"x"})";
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonp"})
    EXPECT_EQ(host.call("POST", "/api/v1/messages", t.agent, body, {{"Content-Type", type}}).status,
              415)
        << type;
  for (const char* type :
       {"application/json", "Application/JSON; charset=utf-8", "application/json ; charset=UTF-8"})
    EXPECT_EQ(host.call("POST", "/api/v1/messages", t.agent, body, {{"Content-Type", type}}).status,
              202)
        << type;
}

TEST(Hostile, AnEmptyBodyIsNoJson) {
  Host host;
  const Tenant t(host, "one");
  EXPECT_EQ(
      host.call("POST", "/api/v1/messages", t.agent, "", {{"Content-Type", "application/json"}})
          .status,
      400);
}

TEST(Hostile, ALongBodyIsCutOff) {
  ApiLimits limits;
  limits.max_body = 1000;
  Host host(limits);
  const Tenant t(host, "one");
  EXPECT_EQ(host.call("POST", "/api/v1/messages", t.agent, std::string(2'000'000, ' ')).status,
            413);
  // The gateway's limit holds for its own routes too.
  EXPECT_EQ(host.call("POST", "/api/v1/messages", t.agent, std::string(1001, ' ')).status, 413);
}

TEST(Hostile, JsonThatIsMeantToHurt) {
  Host host;
  const Tenant t(host, "one");
  const std::string deep(100'000, '[');
  const std::string member(50'000, '{');
  const struct {
    const char* what;
    std::string body;
    int status;
  } table[] = {
      {"cut off", R"({"a":)", 400},
      {"trailing", R"({} x)", 400},
      {"comment", "{} // x", 400},
      {"NaN", R"({"text":NaN})", 400},
      {"deep lists", R"({"metadata":)" + deep, 400},
      {"deep lists, closed", R"({"metadata":)" + deep + std::string(deep.size(), ']') + "}", 400},
      {"deep objects", member, 400},
      {"brackets in a string are none", R"({"text":")" + deep.substr(0, 200) + R"("})", 422},
      {"a member twice", R"({"text":"a","text":"b"})", 400},
      {"a member twice, deep", R"({"metadata":{"a":[{"b":1,"b":2}]}})", 400},
      {"a member twice, escaped", R"({"text":"a","te\u0078t":"b"})", 400},
      {"a huge number", R"({"metadata":{"n":1e999}})", 400},
      {"a long number", R"({"scheduled_at":)" + std::string(1000, '9') + "}", 400},
      {"a big integer for a time", R"({"scheduled_at":99999999999999999999})", 422},
      {"a list", "[]", 422},
      {"null", "null", 422},
      {"a string", "\"x\"", 422},
      {"invalid UTF-8", "{\"text\":\"a\xff\"}", 422},
      {"an overlong slash", "{\"text\":\"\xc0\xaf\"}", 422},
      {"a surrogate alone", R"({"text":"\ud800"})", 400},
      {"NUL, escaped", R"({"text":"a\u0000b"})", 422},
      {"NUL in a key", R"({"metadata":{"a\u0000":1}})", 422},
      {"NUL, raw", std::string("{\"text\":\"a\0b\"}", 14), 400},
  };
  for (const auto& c : table) {
    const Reply r = host.call("POST", "/api/v1/messages", t.agent, c.body);
    EXPECT_EQ(r.status, c.status) << c.what << ": " << r.body;
    EXPECT_EQ(r.header("Content-Type"), "application/problem+json") << c.what;
  }
  const auto bad_fields = [&](const std::string& body) {
    return host.call("POST", "/api/v1/messages", t.agent, body).fields();
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(bad_fields("{\"text\":\"a\xff\",\"metadata\":{\"a\":[\"\xc0\xaf\"]}}"),
            (Names{"metadata.a[0]", "text"}));
  EXPECT_EQ(bad_fields("{\"text\":\"a\",\"type\":\"\\\xff\"}"), (Names{""}));
  // Depth is counted in the same way in what is well within it.
  const Reply fine =
      host.call("POST", "/api/v1/messages", t.agent,
                R"({"contact_id":")" + t.contact + R"(","text":"\"[[[","metadata":{"a":[[[1]]]}})");
  EXPECT_EQ(fine.status, 202) << fine.body;
}

}  // namespace
}  // namespace gardu::host
