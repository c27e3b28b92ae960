// SPDX-License-Identifier: Apache-2.0
// Many calls at once, the limit of them, and the end.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <latch>
#include <thread>

#include "test_support.hpp"

namespace host_http_client_test {
namespace {

// Both ends of each connection are in this process.
void allow_many_files() {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 4096));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST(HttpClientCrowd, AThousandAtOnce) {
  allow_many_files();
  constexpr int kCalls = 1000;
  std::latch all(kCalls);
  const Server server([&](Peer& peer, int) {
    peer.read_request();
    all.arrive_and_wait();  // answered only when every one of them is here
    peer.write(http_answer(200, "{}"));
    peer.wait_for_close();
  });
  Client::Options options;
  options.threads = 2;
  options.most = kCalls;
  Client client(options);
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < kCalls; ++i) answers.push_back(begin(client, post(server.url())));
  EXPECT_FALSE(client.request(get(server.url()), [](const Answer&) { ADD_FAILURE(); }));
  for (auto& answer : answers) EXPECT_EQ(answer.get().progress, Progress::answered);
  EXPECT_EQ(client.under_way(), 0U);
}

TEST(HttpClientCrowd, OneAfterTheOtherOnFewConnections) {
  const Server server([](Peer& peer, int) { serve_all(peer, "{}"); });
  Client client({});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k) EXPECT_EQ(run(client, post(server.url())).status, 200);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_LE(server.connections(), 8);
}

TEST(HttpClientCrowd, NoMoreThanTheLimit) {
  std::promise<void> go;
  const Server server([gone = go.get_future().share()](Peer& peer, int) {
    peer.read_request();
    gone.wait();
    peer.write(http_answer(200, "{}"));
    serve_all(peer, "{}");
  });
  Client::Options options;
  options.most = 2;
  Client client(options);
  auto first = begin(client, get(server.url()));
  auto second = begin(client, get(server.url()));
  EXPECT_EQ(client.under_way(), 2U);
  EXPECT_FALSE(client.request(get(server.url()), [](const Answer&) { ADD_FAILURE(); }));
  go.set_value();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(second.get().status, 200);
  EXPECT_EQ(run(client, get(server.url())).status, 200);
}

TEST(HttpClientCrowd, StopEndsWhatIsUnderWay) {
  std::latch arrived(3);
  const Server server([&](Peer& peer, int) {
    peer.read_request();
    arrived.count_down();
    peer.wait_for_close();
  });
  Client client({});
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(begin(client, get(server.url())));
  arrived.wait();
  client.stop();
  for (auto& answer : answers) EXPECT_EQ(answer.get().progress, Progress::stopped);
  EXPECT_EQ(client.under_way(), 0U);
  EXPECT_FALSE(client.request(get(server.url()), [](const Answer&) { ADD_FAILURE(); }));
  client.stop();
}

TEST(HttpClientCrowd, StopWhileALookUpLasts) {
  std::promise<void> looking, go;
  Client::Options options;
  options.resolve = [&, gone = go.get_future().share()](const std::string&) {
    looking.set_value();
    gone.wait();
    return std::vector<std::string>{"127.0.0.1"};
  };
  Client client(options);
  auto answer = begin(client, get("http://slow.test/"));
  looking.get_future().wait();
  std::thread stopper([&] { client.stop(); });
  EXPECT_EQ(answer.get().progress, Progress::stopped);  // at once: it does not wait for the name
  go.set_value();
  stopper.join();
}

TEST(HttpClientCrowd, StopUnderLoad) {
  constexpr int kWarm = 200;
  const Server server([](Peer& peer, int) { serve_all(peer, "{}"); });
  Client::Options options;
  options.threads = 2;
  options.most = 100;
  Client client(options);
  std::atomic<int> accepted{0}, answered{0}, stopped{0}, others{0};
  std::atomic<bool> over{false};
  std::latch warm(kWarm);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      const auto done = [&](const Answer& answer) {
        if (answer.progress == Progress::stopped)
          ++stopped;
        else if (answer.progress != Progress::answered)
          ++others;
        else if (answered.fetch_add(1) < kWarm)
          warm.count_down();
      };
      for (;;) {
        if (client.request(get(server.url()), done))
          ++accepted;
        else if (over)
          return;
        else
          std::this_thread::yield();
      }
    });
  warm.wait();
  client.stop();
  over = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, answered + stopped);
  EXPECT_EQ(others, 0);
}

}  // namespace
}  // namespace host_http_client_test
