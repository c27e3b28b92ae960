// SPDX-License-Identifier: Apache-2.0
// Connections that are kept, given up, and found to have been closed.
#include <gtest/gtest.h>

#include "test_support.hpp"

namespace host_http_client_test {
namespace {

using namespace std::chrono_literals;

TEST(HttpClientPool, KeepsConnections) {
  const Server server([](Peer& peer, int) { serve_all(peer, "{}"); });
  Client client({});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(run(client, get(server.url())).status, 200);
    EXPECT_EQ(run(client, post(server.url())).status, 200);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClientPool, LeavesAConnectionThatIsToClose) {
  for (const std::string header : {"Connection: close\r\n", ""}) {
    const Server server([&](Peer& peer, int) {
      peer.read_request();
      std::string answer = http_answer(200, "{}", header);
      if (header.empty()) answer.replace(0, 8, "HTTP/1.0");
      peer.write(answer);
      peer.wait_for_close();
    });
    Client client({});
    for (int i = 0; i < 2; ++i) EXPECT_EQ(run(client, post(server.url())).status, 200);
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST(HttpClientPool, LeavesAConnectionOnWhichMoreWasSaid) {
  const Server server([&](Peer& peer, int) {
    peer.read_request();
    peer.write(http_answer(200, "first") + http_answer(200, "planted"));
    peer.wait_for_close();
  });
  Client client({});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run(client, get(server.url())).body, "first");
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClientPool, LeavesAConnectionThatIsHalfClosed) {
  const Server server([](Peer& peer, int) {
    peer.read_request();
    peer.write(http_answer(200, "{}"));
    peer.finish_writing();
    peer.wait_for_close();
  });
  Client client({});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run(client, get(server.url())).status, 200);
  EXPECT_EQ(server.connections(), 3);
}

TEST(HttpClientPool, KeepsNoMoreThanAsked) {
  const Server server([](Peer& peer, int) { serve_all(peer, "{}"); });
  Client::Options options;
  options.idle_per_host = 0;
  Client client(options);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run(client, get(server.url())).status, 200);
  EXPECT_EQ(server.connections(), 3);
}

TEST(HttpClientPool, ClosesWhatIsIdleForTooLong) {
  std::promise<void> closed;
  const Server server([&](Peer& peer, int) {
    serve_all(peer, "{}");
    closed.set_value();
  });
  Client::Options options;
  options.idle_time = 20ms;
  Client client(options);
  EXPECT_EQ(run(client, get(server.url())).status, 200);
  closed.get_future().wait();
}

// Takes the second request on a kept connection, and closes.
void close_after_second(Peer& peer, int number) {
  peer.read_request();
  peer.write(http_answer(200, std::to_string(number)));
  if (number == 0) {
    peer.read_request();
    return;
  }
  serve_all(peer, "more");
}

TEST(HttpClientPool, SendsAgainWhatDoesNoHarmTwice) {
  for (const std::string method : {"GET", "HEAD", "PUT", "DELETE"}) {
    const Server server(close_after_second);
    Client client({});
    EXPECT_EQ(run(client, get(server.url())).body, "0");
    Call call = get(server.url());
    call.method = method;
    const Answer answer = run(client, call);
    EXPECT_EQ(answer.progress, Progress::answered) << method << ": " << answer.error;
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST(HttpClientPool, NeverSendsOthersAgain) {
  for (const std::string method : {"POST", "PATCH", "X-OWN"}) {
    const Server server(close_after_second);
    Client client({});
    EXPECT_EQ(run(client, get(server.url())).body, "0");
    Call call = get(server.url());
    call.method = method;
    EXPECT_EQ(run(client, call).progress, Progress::unknown) << method;
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST(HttpClientPool, SendsAgainOnlyOnce) {
  const Server server([](Peer& peer, int number) {
    peer.read_request();
    if (number > 0) return;
    peer.write(http_answer(200, ""));
    peer.read_request();
  });
  Client client({});
  EXPECT_EQ(run(client, get(server.url())).status, 200);
  EXPECT_EQ(run(client, get(server.url())).progress, Progress::unknown);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClientPool, DoesNotSendAgainOnceAnAnswerBegan) {
  const Server server([](Peer& peer, int) {
    peer.read_request();
    peer.write(http_answer(200, ""));
    peer.read_request();
    peer.write("HTTP/1.1 2");
  });
  Client client({});
  EXPECT_EQ(run(client, get(server.url())).status, 200);
  EXPECT_EQ(run(client, get(server.url())).progress, Progress::unknown);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClientPool, SendsAgainWhatWasNotOutYet) {
  const Server server([](Peer& peer, int number) {
    if (number > 0) {
      serve_all(peer, "second");
      return;
    }
    peer.read_request();
    peer.write(http_answer(200, "first"));
    peer.wait_for_bytes();
    peer.reset();
  });
  Client client({});
  EXPECT_EQ(run(client, get(server.url())).body, "first");
  // More than fits into the buffers of the system between the two.
  const Answer answer = run(client, post(server.url(), std::string(8U << 20U, 'x')));
  EXPECT_EQ(answer.body, "second") << answer.error;
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClientPool, ACallMayBeMadeFromAnAnswer) {
  const Server server([](Peer& peer, int) { serve_all(peer, "{}"); });
  Client::Options options;
  options.most = 1;  // the first is no longer under way
  Client client(options);
  std::promise<int> status;
  ASSERT_TRUE(client.request(get(server.url()), [&](const Answer&) {
    EXPECT_TRUE(client.request(get(server.url()),
                               [&](const Answer& second) { status.set_value(second.status); }));
  }));
  EXPECT_EQ(status.get_future().get(), 200);
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace host_http_client_test
