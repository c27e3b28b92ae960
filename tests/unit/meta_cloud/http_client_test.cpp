// SPDX-License-Identifier: Apache-2.0
//
// The client against servers that behave and servers that do not.
#include "http_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

#include "tcp_server.hpp"

namespace gardu::meta_cloud {
namespace {

using Kind = HttpAnswer::Kind;
using namespace std::chrono_literals;

HttpPost post_to(const std::string& url, std::chrono::milliseconds deadline = 20s) {
  HttpPost post;
  post.server = *parse_url(url);
  post.target = "/v23.0/1/messages";
  post.body = R"({"a":1})";
  post.headers.emplace_back("Authorization", "Bearer t");
  post.deadline = deadline;
  return post;
}

std::future<HttpAnswer> begin(HttpClient& client, HttpPost post) {
  auto promise = std::make_shared<std::promise<HttpAnswer>>();
  client.post(std::move(post), [promise](HttpAnswer a) { promise->set_value(std::move(a)); });
  return promise->get_future();
}

HttpAnswer run(const TcpServer::Script& script, std::chrono::milliseconds deadline = 20s) {
  TcpServer server(script);
  HttpClient client({});
  return begin(client, post_to(server.url() + "/base", deadline)).get();
}

// The deadline passes after the server has the request: a longer one where the machine is slow.
HttpAnswer run_until_late(const TcpServer::Script& after_request) {
  for (auto deadline = 50ms;; deadline *= 2) {
    std::atomic<bool> seen{false};
    const HttpAnswer answer = run(
        [&](TcpPeer& peer, int number) {
          seen = !peer.read_request().empty();
          if (seen) after_request(peer, number);
          peer.wait_for_close();
        },
        deadline);
    if (seen) return answer;
  }
}

TEST(HttpClient, PostsAndReads) {
  std::promise<std::string> seen;
  const HttpAnswer answer = run([&](TcpPeer& peer, int) {
    seen.set_value(peer.read_request());
    peer.write(
        http_answer(429, "{}", "retry-after: 7\r\nx-business-use-case-usage: {\"u\":1}\r\n"));
  });
  EXPECT_EQ(answer.kind, Kind::answered);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_EQ(answer.retry_after, "7");
  EXPECT_EQ(answer.business_usage, "{\"u\":1}");
  const std::string request = seen.get_future().get();
  EXPECT_TRUE(request.starts_with("POST /base/v23.0/1/messages HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("Authorization: Bearer t\r\n"), std::string::npos);
  EXPECT_NE(request.find("Host: 127.0.0.1:"), std::string::npos);
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"a\":1}"));
}

TEST(HttpClient, KeepsItsConnection) {
  TcpServer server([](TcpPeer& peer, int) {
    while (!peer.read_request().empty()) peer.write(http_answer(200, "{}"));
  });
  HttpClient client({});
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(begin(client, post_to(server.url())).get().kind, Kind::answered);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, LeavesAConnectionThatIsToClose) {
  TcpServer server([](TcpPeer& peer, int) {
    peer.read_request();
    peer.write(http_answer(200, "{}", "Connection: close\r\n"));
    peer.wait_for_close();
  });
  HttpClient client({});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(begin(client, post_to(server.url())).get().kind, Kind::answered);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, OpensANewOneWhenTheKeptWasClosed) {
  TcpServer server([&](TcpPeer& peer, int number) {
    peer.read_request();
    peer.write(http_answer(200, "{}"));
    if (number == 0) return;  // closes, after the answer
    peer.wait_for_close();
  });
  HttpClient client({});
  EXPECT_EQ(begin(client, post_to(server.url())).get().kind, Kind::answered);
  // The end of the connection may or may not have arrived: either is found out before or while the
  // request goes out, or counts as unknown, and never hangs.
  const Kind kind = begin(client, post_to(server.url())).get().kind;
  EXPECT_TRUE(kind == Kind::answered || kind == Kind::unknown);
}

TEST(HttpClient, ManyAtOnceOnFewThreads) {
  std::atomic<int> waiting{0};
  std::promise<void> all;
  const std::shared_future<void> go = all.get_future().share();
  TcpServer server([&](TcpPeer& peer, int) {
    peer.read_request();
    if (waiting.fetch_add(1) + 1 == 100) all.set_value();
    go.wait();
    peer.write(http_answer(200, "{}"));
    peer.wait_for_close();
  });
  HttpClient::Options options;
  options.threads = 2;
  HttpClient client(options);
  std::vector<std::future<HttpAnswer>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(begin(client, post_to(server.url())));
  for (auto& answer : answers) EXPECT_EQ(answer.get().kind, Kind::answered);
}

TEST(HttpClient, NobodyListens) {
  HttpClient client({});
  const HttpAnswer answer = begin(client, post_to(dead_url())).get();
  EXPECT_EQ(answer.kind, Kind::unreachable);
  EXPECT_FALSE(answer.error.empty());
}

TEST(HttpClient, AServerThatIsNoTlsOne) {
  TcpServer server([](TcpPeer& peer, int) {
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.wait_for_close();
  });
  HttpClient client({});
  const std::string url = "https" + server.url().substr(4);
  EXPECT_EQ(begin(client, post_to(url)).get().kind, Kind::unreachable);
}

TEST(HttpClient, SilenceAfterTheRequestIsUnknown) {
  EXPECT_EQ(run_until_late([](TcpPeer&, int) {}).kind, Kind::unknown);
}

TEST(HttpClient, HalfAnAnswerIsUnknown) {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a";
  EXPECT_EQ(run_until_late([&](TcpPeer& peer, int) { peer.write(half); }).kind, Kind::unknown);
  EXPECT_EQ(run([&](TcpPeer& peer, int) {
              peer.read_request();
              peer.write(half);
            }).kind,
            Kind::unknown);
}

TEST(HttpClient, AResetAfterTheRequestIsUnknown) {
  EXPECT_EQ(run([](TcpPeer& peer, int) {
              peer.read_request();
              peer.reset();
            }).kind,
            Kind::unknown);
}

TEST(HttpClient, GarbageIsUnknown) {
  EXPECT_EQ(run([](TcpPeer& peer, int) {
              peer.read_request();
              peer.write("SSH-2.0-nonsense\r\n\r\n");
            }).kind,
            Kind::unknown);
}

TEST(HttpClient, AnEndlessAnswerIsCutOff) {
  EXPECT_EQ(run([](TcpPeer& peer, int) {
              peer.read_request();
              peer.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
              peer.wait_for_close();
            }).kind,
            Kind::unknown);
}

TEST(HttpClient, ASlowAnswerInPiecesIsRead) {
  const HttpAnswer answer = run([](TcpPeer& peer, int) {
    peer.read_request();
    for (const char c : http_answer(200, "{\"messages\":[]}")) peer.write(std::string(1, c));
    peer.wait_for_close();
  });
  EXPECT_EQ(answer.kind, Kind::answered);
  EXPECT_EQ(answer.body, "{\"messages\":[]}");
}

TEST(HttpClient, StopEndsWhatIsUnderWay) {
  std::promise<void> arrived;
  TcpServer server([&](TcpPeer& peer, int) {
    peer.read_request();
    arrived.set_value();
    peer.wait_for_close();
  });
  HttpClient client({});
  auto answer = begin(client, post_to(server.url()));
  arrived.get_future().wait();
  client.stop();
  EXPECT_EQ(answer.get().kind, Kind::stopped);
  EXPECT_EQ(begin(client, post_to(server.url())).get().kind, Kind::stopped);
}

}  // namespace
}  // namespace gardu::meta_cloud
