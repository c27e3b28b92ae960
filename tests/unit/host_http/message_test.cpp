// SPDX-License-Identifier: Apache-2.0
// Header lists and problem documents.
#include "http/message.hpp"

#include <gtest/gtest.h>

namespace gardu::host::http {
namespace {

TEST(HeadersTest, NamesCompareWithoutCaseAndKeepTheirOrder) {
  Headers headers{{"Accept", "a"}, {"X-One", "1"}};
  headers.add("accept", "b");
  EXPECT_EQ(headers.get("ACCEPT"), "a");
  EXPECT_EQ(headers.all("Accept"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_FALSE(headers.has("Accep"));
  EXPECT_EQ(headers.get("missing"), "");
  EXPECT_EQ(headers.find("missing"), std::nullopt);
  EXPECT_EQ(headers.begin()->name, "Accept");
}

TEST(HeadersTest, SetReplacesAllAndMayBeGivenItsOwnValue) {
  Headers headers{{"A", "1"}, {"a", "2"}, {"B", "3"}};
  headers.set("A", headers.get("b"));
  EXPECT_EQ(headers.all("A"), (std::vector<std::string_view>{"3"}));
  EXPECT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers.remove("a"), 1U);
  EXPECT_EQ(headers.remove("a"), 0U);
}

TEST(ResponseTest, ProblemIsEscapedJson) {
  const auto problem = Response::problem(404, "no \"x\\y\"\n", "id-1");
  EXPECT_EQ(problem.status, 404);
  EXPECT_EQ(problem.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(problem.body, R"({"type":"about:blank","title":"Not Found","status":404,)"
                          R"("detail":"no \"x\\y\"\u000a","instance":"id-1"})");
}

TEST(ResponseTest, ShortForms) {
  EXPECT_EQ(Response::json(201, "{}").headers.get("content-type"), "application/json");
  EXPECT_EQ(Response::text(200, "x").body, "x");
  EXPECT_EQ(Response::empty().status, 204);
  EXPECT_EQ(Response::redirect(303, "/a").headers.get("Location"), "/a");
  EXPECT_EQ(reason_phrase(413), "Content Too Large");
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

}  // namespace
}  // namespace gardu::host::http
