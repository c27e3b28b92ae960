// SPDX-License-Identifier: Apache-2.0
//
// The HTTP API as HTTP: methods, connections that are kept, pieces, limits.
#include "api_caller.hpp"

namespace gardu::pusher::testing {
namespace {

class ApiHttpTest : public ApiCaller {
 protected:
  static std::string request_text(const std::string& method, const std::string& target,
                                  const std::string& body = {}, const std::string& header = {}) {
    return method + ' ' + target +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           header + "\r\n" + body;
  }
};

TEST_F(ApiHttpTest, OtherMethodsAreTold) {
  start();
  RawClient api(port);
  for (const auto& [method, path] : endpoints()) {
    const bool reads = method == "GET";
    const std::string allow = reads ? "Allow: GET, HEAD, OPTIONS" : "Allow: POST, OPTIONS";
    for (const std::string& wrong :
         {std::string("PUT"), std::string("DELETE"), std::string(reads ? "POST" : "GET")}) {
      const Reply reply = api.request(wrong, "/apps/3" + path);
      EXPECT_EQ(reply.status, 405) << wrong << ' ' << path;
      EXPECT_TRUE(has_line(reply, allow)) << reply.head;
    }
    const Reply options = api.request("OPTIONS", "/apps/3" + path);
    EXPECT_EQ(options.status, 204);
    EXPECT_TRUE(has_line(options, allow)) << options.head;
    EXPECT_EQ(options.head.find("Content-Length"), std::string::npos);
  }
  EXPECT_EQ(api.request("POST", "/up").status, 405);
  EXPECT_EQ(api.request("GET", "/up").status, 200);
}

TEST_F(ApiHttpTest, HeadTellsTheLengthAlone) {
  start();
  RawClient api(port);
  api.write(request_text("HEAD", "/up"));
  api.write(request_text("HEAD", signed_target("HEAD", "/apps/3/channels")));
  api.write(request_text("GET", "/up"));
  // Nothing but heads: the first body is that of the last answer.
  const std::string first = api.head(), second = api.head();
  EXPECT_NE(first.find(" 200 "), std::string::npos);
  EXPECT_NE(first.find("Content-Length: 15\r\n"), std::string::npos) << first;
  EXPECT_NE(second.find("Content-Length: 15\r\n"), std::string::npos) << second;
  EXPECT_EQ(api.reply().body, R"({"health":"OK"})");
}

TEST_F(ApiHttpTest, UnknownPaths) {
  start();
  RawClient api(port);
  for (const char* path :
       {"/", "/apps", "/apps/3", "/apps/3/", "/apps/3/nothing", "/apps//events/x", "/app", "/app/",
        "/apps/3/channels/a/b", "/apps/3/channels//users", "/apps/3/users/7", "/apps/3/users",
        "/apps/3/channels/a/users/b", "/apps/3/users//terminate_connections", "/upp", "//up",
        "/apps/3/events/more"})
    EXPECT_EQ(api.request("GET", path).status, 404) << path;
  EXPECT_EQ(api.request("GET", "/app/" + std::string(kKey)).status, 426);
  EXPECT_EQ(get(api, "/apps/3/channels/").status, 200);  // a slash at the end is nothing
}

TEST_F(ApiHttpTest, AHundredRequestsOnAConnectionOfWhichSomeFail) {
  start();
  RawClient api(port);
  const std::string body = R"({"name":"n","channel":"news","data":"x"})";
  for (int i = 0; i < 100; ++i) {
    const Reply reply = i % 3 == 0   ? call(api, "POST", "/apps/3/events", body)
                        : i % 3 == 1 ? call(api, "POST", "/apps/3/events", "{")
                                     : api.request("GET", "/apps/3/channels");
    ASSERT_EQ(reply.status, i % 3 == 0 ? 200 : i % 3 == 1 ? 400 : 401) << i;
    EXPECT_TRUE(has_line(reply, "Content-Length: " + std::to_string(reply.body.size())));
    EXPECT_TRUE(has_line(reply, "Connection: keep-alive"));
  }
  api.write(request_text("GET", "/up", {}, "Connection: close\r\n"));
  EXPECT_TRUE(has_line(api.reply(), "Connection: close"));
  EXPECT_TRUE(api.at_end());
}

TEST_F(ApiHttpTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  RawClient client = connected(), api(port);
  client.subscribe("news");
  std::string all;
  for (int i = 0; i < 30; ++i) {
    const std::string body = Json{{"name", "n"}, {"channel", "news"}, {"data", i}}.dump();
    all += request_text("POST", signed_target("POST", "/apps/3/events", body), body);
    all += request_text("GET", i % 2 == 0 ? "/up" : "/nothing");
  }
  // In pieces that end anywhere.
  for (size_t at = 0; at < all.size(); at += 777) api.write(all.substr(at, 777));
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(api.reply().body, "{}");
    EXPECT_EQ(api.reply().status, i % 2 == 0 ? 200 : 404);
    EXPECT_EQ(client.message()["data"], std::to_string(i));
  }
}

TEST_F(ApiHttpTest, ABodyInChunksAndABodyThatIsWaitedFor) {
  start();
  RawClient api(port);
  const std::string body =
      Json{{"name", "n"}, {"channel", "news"}, {"data", std::string(9000, 'x')}}.dump();
  const std::string target = signed_target("POST", "/apps/3/events", body);
  api.write("POST " + target + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  api.write("10\r\n" + body.substr(0, 16) + "\r\n");
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", body.size() - 16);
  api.write(size + body.substr(16) + "\r\n0\r\n\r\n");
  EXPECT_EQ(api.reply().body, "{}");
  api.write("POST " + target + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(api.reply().status, 100);
  for (size_t at = 0; at < body.size(); at += 1000) api.write(body.substr(at, 1000));
  EXPECT_EQ(api.reply().body, "{}");
}

TEST_F(ApiHttpTest, MoreThanAnyRequestNeeds) {
  start();
  RawClient body(port), head(port), garbage(port);
  body.write("POST /apps/3/events HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(body.reply().status, 413);
  EXPECT_TRUE(body.at_end());
  head.write("GET /up HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n");
  EXPECT_EQ(head.reply().status, 431);
  EXPECT_TRUE(head.at_end());
  garbage.write("\x16\x03\x01 not HTTP\r\n\r\n");
  EXPECT_EQ(garbage.reply().status, 400);
  EXPECT_TRUE(garbage.at_end());
}

}  // namespace
}  // namespace gardu::pusher::testing
