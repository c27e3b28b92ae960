// SPDX-License-Identifier: Apache-2.0
//
// A started listener whose webhooks and cluster are written down, and what clients say on it that
// are users. By number of threads.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fake_host.hpp"
#include "listener.hpp"
#include "raw_client.hpp"
#include "server/server.hpp"

namespace gardu::pusher::testing {

// Lines of text, written by any thread.
class Notes {
 public:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

class NotedWebhooks final : public WebhookSink {
 public:
  void raise(const App&, WebhookEvent event) noexcept override {
    std::string line = std::string(name_of(event.kind)) + ' ' + event.channel;
    if (!event.user_id.empty()) line += " user=" + event.user_id;
    if (!event.event.empty()) line += ' ' + event.event + ' ' + event.data;
    if (event.kind == WebhookKind::subscription_count)
      line += ' ' + std::to_string(event.subscription_count);
    notes.add(std::move(line));
  }
  Notes notes;
};

class NotedCluster final : public Cluster {
 public:
  void publish(const App&, const ClusterEvent& e) noexcept override {
    for (const std::string& channel : e.channels) {
      std::string line = "publish " + channel + ' ' + std::string(e.name) + ' ' +
                         std::string(e.data) + (e.cached ? " cached" : "");
      if (!e.user_id.empty()) line += " user=" + std::string(e.user_id);
      notes.add(std::move(line));
    }
  }
  void joined(const App&, std::string_view room, std::string_view user,
              std::string_view info) noexcept override {
    notes.add("joined " + std::string(room) + ' ' + std::string(user) + ' ' + std::string(info));
  }
  void left(const App&, std::string_view room, std::string_view user, bool) noexcept override {
    notes.add("left " + std::string(room) + ' ' + std::string(user));
  }
  void count_changed(const App&, std::string_view channel, size_t total,
                     bool edge) noexcept override {
    notes.add("count " + std::string(channel) + ' ' + std::to_string(total) +
              (edge ? " edge" : ""));
  }
  void terminate(const App&, std::string_view user) noexcept override {
    notes.add("terminate " + std::string(user));
  }
  bool speaks() const noexcept override { return true; }
  Notes notes;
};

class Stage : public ::testing::TestWithParam<size_t> {
 protected:
  // `changes` to the one app's settings.
  void start(const Json& changes = Json::object()) {
    Json settings = basic_settings();
    settings["threads"] = GetParam();
    settings["apps"][0].merge_patch(changes);
    const auto parsed = parse_settings(settings.dump());
    ASSERT_TRUE(parsed) << parsed.status().message();
    const Status status = server.start(*parsed, [this](Hub& hub) {
      hub.webhooks = &webhooks;
      hub.cluster = &cluster;
    });
    ASSERT_TRUE(status.ok()) << status.message();
    port = server.port();
    app = server.hub()->apps.front().get();
  }
  void TearDown() override { server.stop(); }

  RawClient connected() {
    RawClient client(port);
    client.open();
    return client;
  }
  void publish(const std::string& channel, const std::string& name, const std::string& data) {
    const std::string body = Json{{"name", name}, {"channel", channel}, {"data", data}}.dump();
    RawClient api(port);
    const Reply reply = api.request("POST", signed_target("POST", "/apps/3/events", body), body);
    ASSERT_EQ(reply.status, 200) << reply.body;
  }

  FakeHost fake;
  Host host{fake.table()};
  NotedWebhooks webhooks;
  NotedCluster cluster;
  Server server{host};
  uint16_t port = 0;
  App* app = nullptr;
};

inline std::string signed_text(const std::string& text) {
  return std::string(kKey) + ':' + hmac_sha256_hex(kSecret, text);
}

// Asks for a presence channel as `channel_data` says; the answer is the caller's to read.
inline void ask(RawClient& client, const std::string& channel, const std::string& channel_data) {
  client.say({{"event", "pusher:subscribe"},
              {"data",
               {{"channel", channel},
                {"channel_data", channel_data},
                {"auth", signed_text(client.socket_id + ':' + channel + ':' + channel_data)}}}});
}
inline std::string member(const std::string& user, const Json& info = nullptr) {
  return Json{{"user_id", user}, {"user_info", info}}.dump();
}
inline Json data_of(const Json& message) { return Json::parse(message["data"].get<std::string>()); }

// What the list in the answer is, after checking that it is in order.
inline Json joined(RawClient& client, const std::string& channel, const std::string& channel_data) {
  ask(client, channel, channel_data);
  const Json message = client.message();
  EXPECT_EQ(message["event"], "pusher_internal:subscription_succeeded") << message;
  EXPECT_EQ(message["channel"], channel);
  Json presence = data_of(message)["presence"];
  EXPECT_EQ(presence["count"], presence["ids"].size());
  EXPECT_EQ(presence["hash"].size(), presence["ids"].size());
  for (const Json& id : presence["ids"]) EXPECT_TRUE(presence["hash"].contains(id)) << id;
  return presence;
}

inline void leave(RawClient& client, const std::string& channel) {
  client.say({{"event", "pusher:unsubscribe"}, {"data", {{"channel", channel}}}});
}

// Whatever was said before is done, and brought nothing.
inline void expect_quiet(RawClient& client) {
  client.say({{"event", "pusher:ping"}});
  const Json message = client.message();
  EXPECT_EQ(message["event"], "pusher:pong") << message;
}

inline void expect_error(RawClient& client, int code) {
  const Json error = client.message();
  EXPECT_EQ(error["event"], "pusher:error") << error;
  EXPECT_EQ(error["data"]["code"], code) << error;
}
// A refused subscription, after which the socket goes on.
inline void expect_refused(RawClient& client, const std::string& channel, const std::string& type,
                           int code) {
  const Json first = client.message();
  EXPECT_EQ(first["event"], "pusher:subscription_error") << first;
  EXPECT_EQ(first["channel"], channel);
  EXPECT_EQ(data_of(first)["type"], type) << first;
  expect_error(client, code);
  expect_quiet(client);
}
inline void expect_closed(RawClient& client, int code) {
  expect_error(client, code);
  const Frame close = client.frame();
  EXPECT_EQ(close.opcode, 8);
  EXPECT_EQ(close.close_code(), code);
  EXPECT_TRUE(client.at_end());
}

inline void ask_sign_in(RawClient& client, const std::string& user_data) {
  client.say({{"event", "pusher:signin"},
              {"data",
               {{"user_data", user_data},
                {"auth", signed_text(client.socket_id + "::user::" + user_data)}}}});
}
inline void sign_in(RawClient& client, const std::string& id, const Json& more = Json::object()) {
  Json user = {{"id", id}};
  user.merge_patch(more);
  const std::string user_data = user.dump();
  ask_sign_in(client, user_data);
  const Json message = client.message();
  EXPECT_EQ(message["event"], "pusher:signin_success") << message;
  EXPECT_EQ(data_of(message)["user_data"], user_data);
}

}  // namespace gardu::pusher::testing
