// SPDX-License-Identifier: Apache-2.0
//
// The plugin on a host that is nothing but memory, for the tests of the whole of it. One thread.
#pragma once
#include <gtest/gtest.h>

#include <gardu/testing/harness.hpp>
#include <string>
#include <utility>
#include <vector>

#include "meta_cloud.hpp"

namespace gardu::meta_cloud {

using gardu::testing::FakeAnswer;

inline constexpr const char* kToken = "EAAtoken";
inline constexpr const char* kAppSecret = "s3cret";
inline constexpr const char* kNumber = "https://graph.test/v23.0/777000111";

class MetaCloudTest : public ::testing::Test {
 protected:
  using Harness = gardu::testing::Harness<MetaCloud>;

  MetaCloudTest() {
    plugin_.host().mark_secret(kToken);
    plugin_.host().mark_secret(kAppSecret);
    start(R"({"graph_url": "https://graph.test/", "app_secret": "s3cret", "verify_token": "tok"})");
  }
  // Stopped, destroyed, and nothing that is forbidden was done.
  ~MetaCloudTest() override { EXPECT_EQ(plugin_.end(), ""); }

  void start(std::string_view settings) {
    EXPECT_TRUE(plugin_.stop().ok());
    EXPECT_TRUE(plugin_.start(settings).ok());
  }
  static Account account(const std::string& credentials = R"({"access_token": "EAAtoken"})") {
    Account out = gardu::testing::fake_account(credentials);
    out.address = "777000111";
    return out;
  }
  void connect(const std::string& credentials = R"({"access_token": "EAAtoken"})") {
    ASSERT_TRUE(plugin_.connect(account(credentials)).ok());
    plugin_.host().run();
    plugin_.host().forget();
  }
  // What Meta answers an error with.
  static FakeAnswer refusal(int status, int code, const std::string& details = "why") {
    return {.status = status,
            .body = R"({"error": {"message": "oops", "code": )" + std::to_string(code) +
                    R"(, "error_data": {"details": ")" + details + R"("}}})"};
  }
  static std::string header_of(const HttpCall& call, std::string_view name) {
    for (const auto& [key, value] : call.headers)
      if (key == name) return value;
    return {};
  }

  Harness plugin_{{.plugin_id = "meta_cloud", .roles = 0}};
};

}  // namespace gardu::meta_cloud
