// SPDX-License-Identifier: Apache-2.0
// Matching, precedence, conflicts and changes while others read.
#include "http/router.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace gardu::host::http {
namespace {

class RouterTest : public testing::Test {
 protected:
  void add(std::string_view method, std::string_view pattern, std::string_view owner = {}) {
    EXPECT_EQ(router.add(method, pattern, std::string(method) + " " + std::string(pattern), owner),
              std::nullopt);
  }
  std::string found(std::string_view method, std::string_view path) const {
    const auto match = router.match(method, path);
    return match.status == MatchStatus::kFound ? *match.value : "-";
  }

  Router<std::string> router;
};

TEST_F(RouterTest, LiteralBeatsParameterBeatsRest) {
  add("GET", "/users/{id}");
  add("GET", "/users/me");
  add("GET", "/users/{rest...}");
  add("GET", "/users/{id}/notes/{note}");
  EXPECT_EQ(found("GET", "/users/me"), "GET /users/me");
  EXPECT_EQ(found("GET", "/users/m%65"), "GET /users/me");
  EXPECT_EQ(found("GET", "/users/7"), "GET /users/{id}");
  EXPECT_EQ(found("GET", "/users/me/notes/1"), "GET /users/{id}/notes/{note}");
  EXPECT_EQ(found("GET", "/users/me/other"), "GET /users/{rest...}");
  EXPECT_EQ(found("GET", "/users/"), "GET /users/{rest...}");
  EXPECT_EQ(found("GET", "/users"), "-");
  EXPECT_EQ(found("GET", "/Users/me"), "-");
}

TEST_F(RouterTest, ParametersAreDecodedAndNamed) {
  add("GET", "/a/{x}/b/{y}");
  add("GET", "/files/{path...}");
  const auto match = router.match("GET", "/a/1%2F2/b/%C3%A9");
  ASSERT_EQ(match.status, MatchStatus::kFound);
  EXPECT_EQ(match.param("x"), "1/2");
  EXPECT_EQ(match.param("y"), "\xC3\xA9");
  EXPECT_EQ(match.param("z"), "");
  EXPECT_EQ(match.pattern, "/a/{x}/b/{y}");
  EXPECT_EQ(router.match("GET", "/files/a/b%20c").param("path"), "a/b c");
  EXPECT_EQ(router.match("GET", "/a//b/1").status, MatchStatus::kNotFound);
  EXPECT_EQ(router.match("GET", "/a/%zz/b/1").status, MatchStatus::kBadPath);
  // What looks like the router's own marks is just text.
  EXPECT_EQ(router.match("GET", "/a/%2Fparam/b/1").param("x"), "/param");
}

TEST_F(RouterTest, OtherMethodsAreListed) {
  add("GET", "/a");
  add("POST", "/a");
  add("DELETE", "/{any}");
  const auto match = router.match("PUT", "/a");
  EXPECT_EQ(match.status, MatchStatus::kMethodNotAllowed);
  EXPECT_EQ(match.allow_header(), "DELETE, GET, HEAD, POST");
  EXPECT_EQ(found("DELETE", "/a"), "DELETE /{any}");
  EXPECT_EQ(found("HEAD", "/a"), "GET /a");
  EXPECT_EQ(router.match("OPTIONS", "/a").status, MatchStatus::kMethodNotAllowed);
  EXPECT_EQ(router.match("PUT", "/a/b").status, MatchStatus::kNotFound);
  EXPECT_EQ(router.match("OPTIONS", "*").status, MatchStatus::kNotFound);
}

TEST_F(RouterTest, ConflictsAndBadPatternsAreErrors) {
  add("GET", "/users/{id}", "core");
  const auto conflict = router.add("GET", "/users/{name}", "x");
  ASSERT_TRUE(conflict);
  EXPECT_NE(conflict->find("/users/{id} of core"), std::string::npos) << *conflict;
  add("PUT", "/users/{name}");
  EXPECT_EQ(router.match("PUT", "/users/7").param("name"), "7");
  for (const char* bad :
       {"users", "", "/a{b}", "/{}", "/{a/b}", "/{r...}/x", "/{a}/{a}", "/{a-b}"}) {
    EXPECT_TRUE(router.add("GET", bad, "x")) << bad;
  }
  EXPECT_TRUE(router.add("", "/a", "x"));
}

TEST_F(RouterTest, RemovingByRouteAndByOwner) {
  add("GET", "/a", "one");
  add("GET", "/b", "two");
  add("POST", "/b", "two");
  const auto held = router.match("GET", "/b");
  EXPECT_TRUE(router.remove("GET", "/a"));
  EXPECT_FALSE(router.remove("GET", "/a"));
  EXPECT_EQ(router.remove_owner("two"), 2U);
  EXPECT_EQ(found("GET", "/b"), "-");
  EXPECT_EQ(*held.value, "GET /b") << "a request underway keeps its handler";
  add("GET", "/b", "three");
}

TEST_F(RouterTest, ReadersGoOnWhileRoutesChange) {
  add("GET", "/fixed/{id}");
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::thread reader([&] {
    while (!done) {
      if (found("GET", "/fixed/1") != "GET /fixed/{id}") ++wrong;
    }
  });
  for (int i = 0; i < 200; ++i) {
    add("GET", "/plugin/" + std::to_string(i), "plugin");
    if (i % 20 == 19) router.remove_owner("plugin");
  }
  done = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace gardu::host::http
