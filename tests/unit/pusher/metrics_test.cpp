// SPDX-License-Identifier: Apache-2.0
//
// The numbers, as a scrape would find them.
#include "server/metrics.hpp"

#include "api_caller.hpp"

namespace gardu::pusher::testing {
namespace {

class MetricsTest : public ApiCaller {
 protected:
  int64_t requests(const std::string& route, int status) const {
    return host.metric("api_requests_total",
                       "route=\"" + route + "\",status=\"" + std::to_string(status) + '"');
  }
  int64_t channels(const std::string& kind) const {
    return host.metric("channels", "kind=\"" + kind + '"');
  }
  // Threads hand over what they counted a few times a second.
  void expect_soon(const std::string& name, int64_t least) {
    RawClient client = connected();  // an idle loop need not count
    for (int i = 0; i < 200 && host.metric(name) < least; ++i) {
      client.say({{"event", "pusher:ping"}});
      client.message();
      ::usleep(20'000);
    }
    EXPECT_GE(host.metric(name), least) << name;
  }
};

TEST_F(MetricsTest, RequestsByRouteAndStatus) {
  start();
  RawClient api(port);
  get(api, "/apps/3/channels");
  get(api, "/apps/3/channels/presence-a");
  get(api, "/apps/3/channels/presence-a/users");
  get(api, "/apps/3/channels/a/users");
  api.request("GET", "/apps/3/channels");
  api.request("GET", "/nothing");
  api.request("PUT", "/up");
  publish(api, {{"name", "n"}, {"channel", "a"}, {"data", "x"}});
  publish(api, {{"name", "n"}});
  EXPECT_EQ(requests("channels", 200), 1);
  EXPECT_EQ(requests("channels", 401), 1);
  EXPECT_EQ(requests("channel", 200), 1);
  EXPECT_EQ(requests("channel_users", 200), 1);
  EXPECT_EQ(requests("channel_users", 400), 1);
  EXPECT_EQ(requests("other", 404), 1);
  EXPECT_EQ(requests("up", 405), 1);
  EXPECT_EQ(requests("events", 200), 1);
  EXPECT_EQ(requests("events", 400), 1);
  EXPECT_EQ(host.metric("app_events_total", "app=\"3\""), 1);
}

TEST_F(MetricsTest, ConnectionsChannelsAndUsers) {
  start({{"threads", 2}});
  EXPECT_EQ(channels("public"), 0);
  {
    RawClient a = connected(), b = connected();
    a.subscribe("news");
    b.subscribe("news");
    a.subscribe("privateer");
    a.subscribe("private-a");
    a.subscribe("private-encrypted-a");
    join(a, "presence-room", "7");
    join(b, "presence-room", "7");
    sign_in(a, "7");
    EXPECT_EQ(host.metric("connections"), 2);
    EXPECT_EQ(host.metric("app_connections", "app=\"3\""), 2);
    EXPECT_EQ(host.metric("handshakes_total", "result=\"accepted\""), 2);
    EXPECT_EQ(channels("public"), 2);
    EXPECT_EQ(channels("private"), 1);
    EXPECT_EQ(channels("private-encrypted"), 1);
    EXPECT_EQ(channels("presence"), 1);
    EXPECT_EQ(host.metric("presence_members"), 1);
    EXPECT_EQ(host.metric("signed_in_users"), 1);
  }
  RawClient api(port);
  while (host.metric("app_connections", "app=\"3\"") != 0) get(api, "/apps/3/connections");
  for (const char* kind : {"public", "private", "private-encrypted", "presence"})
    EXPECT_EQ(channels(kind), 0) << kind;
  EXPECT_EQ(host.metric("connections"), 0);
  EXPECT_EQ(host.metric("app_connections", "app=\"3\""), 0);
  EXPECT_EQ(host.metric("presence_members"), 0);
  EXPECT_EQ(host.metric("signed_in_users"), 0);
  RawClient refused(port);
  refused.upgrade("/app/nobody");
  refused.message();
  EXPECT_EQ(host.metric("handshakes_total", "result=\"4001\""), 1);
}

TEST_F(MetricsTest, TrafficAndTheTimeOfAFanOut) {
  start();
  RawClient a = connected(), b = connected(), api(port);
  a.subscribe("news");
  b.subscribe("news");
  for (int i = 0; i < 5; ++i) {
    publish(api, {{"name", "n"}, {"channel", "news"}, {"data", std::string(1000, 'x')}});
    a.message();
    b.message();
  }
  expect_soon("deliveries_total", 10);
  expect_soon("messages_received_total", 2);
  expect_soon("messages_sent_total", 14);
  expect_soon("received_bytes_total", 5000);
  expect_soon("sent_bytes_total", 10000);
  expect_soon("fanout_microseconds_count", 5);
  EXPECT_EQ(host.metric("fanout_microseconds_count"), 5);
  EXPECT_EQ(host.metric("fanout_microseconds_bucket", "le=\"+Inf\""), 5);
  EXPECT_GT(host.metric("fanout_microseconds_sum"), 0);
  EXPECT_EQ(host.metric("deliveries_total"), 10);
}

TEST(FanoutTimes, ClassesGrowWithTheirEnds) {
  using std::chrono::microseconds;
  FanoutTimes times;
  for (const int64_t micros : {0, 50, 51, 1000, 10'000'000}) times.add(microseconds(micros));
  EXPECT_EQ(times.classes.front(), 2);
  EXPECT_EQ(times.classes[1], 1);
  EXPECT_EQ(times.classes.back(), 1);
  EXPECT_EQ(times.sum_us, 10'001'101);
}

}  // namespace
}  // namespace gardu::pusher::testing
