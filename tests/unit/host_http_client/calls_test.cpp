// SPDX-License-Identifier: Apache-2.0
// What goes onto the wire, and what is refused before anything does.
#include <gtest/gtest.h>

#include "test_support.hpp"

namespace host_http_client_test {
namespace {

// What a server sees of a call.
std::string request_of(const std::function<void(Call&)>& change) {
  std::promise<std::string> seen;
  const Answer answer = run(
      [&](Peer& peer, int) {
        seen.set_value(peer.read_request());
        peer.write(http_answer(200, ""));
      },
      change);
  EXPECT_EQ(answer.progress, Progress::answered) << answer.error;
  return seen.get_future().get();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(HttpClientCalls, AGetHasNoBody) {
  const std::string request = request_of([](Call& call) { call.url += "#part"; });
  EXPECT_TRUE(request.starts_with("GET /path?secret=hidden HTTP/1.1\r\nHost: 127.0.0.1:"))
      << request;
  EXPECT_TRUE(has(request, "\r\nUser-Agent: Gardu\r\n")) << request;
  EXPECT_FALSE(has(request, "Content-Length")) << request;
}

TEST(HttpClientCalls, APostHasItsBodyAndHeaders) {
  const std::string request = request_of([](Call& call) {
    call.method = "POST";
    call.body = "{\"a\":1}";
    call.headers = {{"Content-Type", "application/json"},
                    {"X-A", "1"},
                    {"X-A", "2"},
                    {"user-agent", "plugin/1"}};
  });
  EXPECT_TRUE(has(request, "\r\nContent-Type: application/json\r\n")) << request;
  EXPECT_TRUE(has(request, "\r\nX-A: 1\r\n")) << request;
  EXPECT_TRUE(has(request, "\r\nX-A: 2\r\n")) << request;
  EXPECT_TRUE(has(request, "\r\nuser-agent: plugin/1\r\n")) << request;
  EXPECT_FALSE(has(request, "Gardu")) << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"a\":1}")) << request;
}

TEST(HttpClientCalls, AnyMethod) {
  for (const std::string method : {"PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "X-own"}) {
    const std::string request = request_of([&](Call& call) { call.method = method; });
    EXPECT_TRUE(request.starts_with(method + " /path?secret=hidden HTTP/1.1\r\n")) << request;
  }
  EXPECT_TRUE(has(request_of([](Call& call) { call.method = "PATCH"; }), "Content-Length: 0\r\n"));
}

TEST(HttpClientCalls, ALargeBodyArrivesWhole) {
  const std::string body(2U << 20U, 'x');
  const std::string request = request_of([&](Call& call) {
    call.method = "PUT";
    call.body = body;
  });
  EXPECT_EQ(request.size(), request.find("\r\n\r\n") + 4 + body.size());
}

TEST(HttpClientCalls, RefusesWhatWouldBreakTheRequest) {
  using Change = std::function<void(Call&)>;
  const auto header = [](const std::string& name, const std::string& value) -> Change {
    return [=](Call& call) { call.headers = {{name, value}}; };
  };
  const auto method = [](const std::string& name) -> Change {
    return [=](Call& call) { call.method = name; };
  };
  const std::vector<Change> changes{
      header("X-A", "hidden\r\nX-B: 1"),
      header("X-A", "hidden\n"),
      header("X-A", "hidden\r"),
      header("X-A", std::string("hidden\0", 7)),
      header("X-A", "hidden\x1b"),
      header("", "hidden"),
      header("X A", "hidden"),
      header("X-A:", "hidden"),
      header("X-A\r\n", "hidden"),
      header("Host", "hidden"),
      header("host", "hidden"),
      header("Content-Length", "5"),
      header("TRANSFER-ENCODING", "chunked"),
      header("Connection", "close"),
      header("Upgrade", "websocket"),
      header("X-A", std::string(100'000, 'x')),
      method(""),
      method("GET /x"),
      method("GET\r\nX"),
      method("CONNECT"),
      [](Call& call) { call.url = "ftp://hidden"; },
      [](Call& call) { call.url = "http://hidden:hidden@a/"; },
      [](Call& call) { call.url += "&a=hidden\r\nX: y"; },
      [](Call& call) { call.method = "TRACE", call.body = "hidden"; }};
  const Server server([](Peer&, int) {});
  Client client({});
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Call call = get(server.url() + "/path?secret=hidden");
    changes[i](call);
    const Answer answer = run(client, call);
    EXPECT_EQ(answer.progress, Progress::refused) << i;
    EXPECT_FALSE(answer.error.empty()) << i;
    EXPECT_FALSE(has(answer.error, "hidden")) << answer.error;
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClientCalls, NobodyListens) {
  Client client({});
  const Answer answer = run(client, get(dead_url() + "/?secret=hidden"));
  EXPECT_EQ(answer.progress, Progress::unreachable);
  EXPECT_TRUE(has(answer.error, "127.0.0.1:")) << answer.error;
  EXPECT_FALSE(has(answer.error, "hidden")) << answer.error;
}

TEST(HttpClientCalls, ANameThatIsNone) {
  Client::Options options;
  options.resolve = [](const std::string&) { return std::vector<std::string>{}; };
  Client client(options);
  const Answer answer = run(client, get("http://nowhere.test/?secret=hidden"));
  EXPECT_EQ(answer.progress, Progress::unreachable);
  EXPECT_EQ(answer.error, "cannot resolve nowhere.test: no such name");
}

TEST(HttpClientCalls, TheSystemsLookUpKnowsTheMachineItself) {
  const Server server([](Peer& peer, int) { serve_all(peer, "here"); });
  Client client({});
  const Answer answer = run(client, get(server.url("localhost")));
  EXPECT_EQ(answer.body, "here") << answer.error;
}

TEST(HttpClientCalls, TriesTheAddressesInTurn) {
  const Server server([](Peer& peer, int) { serve_all(peer, "here"); });
  Client::Options options;
  options.resolve = [](const std::string&) {
    return std::vector<std::string>{"127.0.0.2", "127.0.0.1"};  // nobody listens on the first
  };
  Client client(options);
  EXPECT_EQ(run(client, get(server.url("service.test"))).body, "here");
}

TEST(HttpClientCalls, LooksANameUpOnceForAllWhoWait) {
  const Server server([](Peer& peer, int) { serve_all(peer, "here"); });
  std::atomic<int> lookups{0};
  std::promise<void> go;
  Client::Options options;
  options.resolve = [&, gone = go.get_future().share()](const std::string& host) {
    if (host == "slow.test") ++lookups, gone.wait();
    return std::vector<std::string>{"127.0.0.1"};
  };
  Client client(options);
  std::vector<std::future<Answer>> slow;
  for (int i = 0; i < 20; ++i) slow.push_back(begin(client, get(server.url("slow.test"))));
  EXPECT_EQ(run(client, get(server.url("quick.test"))).body, "here");  // held up by none of them
  go.set_value();
  for (auto& answer : slow) EXPECT_EQ(answer.get().body, "here");
  EXPECT_EQ(lookups, 1);
}

TEST(HttpClientCalls, TheDeadlineHoldsForTheLookUpToo) {
  std::promise<void> go;
  Client::Options options;
  options.resolve = [gone = go.get_future().share()](const std::string&) {
    gone.wait();
    return std::vector<std::string>{};
  };
  Client client(options);
  Call call = get("http://slow.test/");
  call.deadline = std::chrono::milliseconds(20);
  EXPECT_EQ(run(client, call).progress, Progress::unreachable);
  go.set_value();
}

}  // namespace
}  // namespace host_http_client_test
