// SPDX-License-Identifier: Apache-2.0
// Answers of servers that behave and of servers that do not.
#include <gtest/gtest.h>

#include "test_support.hpp"

namespace host_http_client_test {
namespace {

using namespace std::chrono_literals;

Answer answer_to(const std::string& bytes, const std::function<void(Call&)>& change = {}) {
  return run(
      [&](Peer& peer, int) {
        peer.read_request();
        peer.write(bytes);
      },
      change);
}

void expect_unknown(const Answer& answer, const std::string& part) {
  EXPECT_EQ(answer.progress, Progress::unknown);
  EXPECT_NE(answer.error.find(part), std::string::npos) << answer.error;
  EXPECT_EQ(answer.error.find("hidden"), std::string::npos) << answer.error;
}

// The deadline passes after the server has the request: a longer one where the machine is slow.
Answer run_until_late(const Server::Script& after_request) {
  for (auto deadline = 50ms;; deadline *= 2) {
    std::atomic<bool> seen{false};
    const Answer answer = run(
        [&](Peer& peer, int number) {
          seen = !peer.read_request().empty();
          if (seen) after_request(peer, number);
          peer.wait_for_close();
        },
        [&](Call& call) { call.deadline = deadline; });
    if (seen) return answer;
  }
}

TEST(HttpClientAnswers, StatusHeadersAndBody) {
  const Answer answer =
      answer_to(http_answer(429, "{}", "Retry-After: 7\r\nX-A: 1\r\nx-a:  2 \r\n"));
  EXPECT_EQ(answer.progress, Progress::answered);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.body, "{}");
  const gardu::host::client::Headers expected{
      {"Retry-After", "7"}, {"X-A", "1"}, {"x-a", "2"}, {"Content-Length", "2"}};
  EXPECT_EQ(answer.headers, expected);
  EXPECT_TRUE(answer.error.empty());
}

TEST(HttpClientAnswers, RedirectsAreNotFollowed) {
  EXPECT_EQ(answer_to(http_answer(302, "", "Location: http://127.0.0.1:1/\r\n")).status, 302);
}

TEST(HttpClientAnswers, InChunks) {
  const Answer answer = answer_to(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nX-End: 1\r\n\r\n");
  EXPECT_EQ(answer.progress, Progress::answered) << answer.error;
  EXPECT_EQ(answer.body, "abc0123456789");
}

TEST(HttpClientAnswers, UntilTheEndOfTheConnection) {
  const Answer answer = answer_to("HTTP/1.1 200 OK\r\n\r\nall of it");
  EXPECT_EQ(answer.progress, Progress::answered) << answer.error;
  EXPECT_EQ(answer.body, "all of it");
  EXPECT_EQ(answer_to("HTTP/1.0 200 OK\r\n\r\nold").body, "old");
}

TEST(HttpClientAnswers, WithoutABody) {
  const Server server([](Peer& peer, int) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      if (request.starts_with("HEAD"))
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
      else if (request.starts_with("GET /304"))
        peer.write("HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n");
      else
        peer.write("HTTP/1.1 204 X\r\n\r\n");
    }
  });
  Client client({});
  for (const auto& [method, path, status] :
       {std::tuple{"HEAD", "/", 200}, {"GET", "/304", 304}, {"GET", "/204", 204}}) {
    Call call = get(server.url() + path);
    call.method = method;
    const Answer answer = run(client, call);
    EXPECT_EQ(answer.progress, Progress::answered) << answer.error;
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, "");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClientAnswers, InterimOnesAreSkipped) {
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: a\r\n\r\n";
  const Answer answer = answer_to(interim + http_answer(201, "made"));
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "made");
  std::string endless;
  for (int i = 0; i < 100; ++i) endless += interim;
  expect_unknown(answer_to(endless), "does not come to an answer");
  expect_unknown(answer_to("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "changed the protocol");
}

TEST(HttpClientAnswers, ByteByByte) {
  const Answer answer = run([](Peer& peer, int) {
    peer.read_request();
    for (const char c : http_answer(200, "{\"messages\":[]}")) peer.write(std::string(1, c));
    peer.wait_for_close();
  });
  EXPECT_EQ(answer.body, "{\"messages\":[]}") << answer.error;
}

TEST(HttpClientAnswers, UpToTheLimit) {
  const auto limit = [](Call& call) { call.max_answer = 10; };
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n";
  const std::string head = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_EQ(answer_to(http_answer(200, "0123456789"), limit).body, "0123456789");
  EXPECT_EQ(answer_to(chunked + "5\r\n56789\r\n0\r\n\r\n", limit).body, "0123456789");
  EXPECT_EQ(answer_to(head + "0123456789", limit).body, "0123456789");

  const std::string text = "the answer is larger than 10 bytes";
  expect_unknown(answer_to(http_answer(200, "0123456789A"), limit), text);
  expect_unknown(answer_to(chunked + "6\r\n56789A\r\n0\r\n\r\n", limit), text);
  expect_unknown(answer_to(head + "0123456789A", limit), text);
  expect_unknown(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
                 "the answer is larger than 1048576 bytes");
}

TEST(HttpClientAnswers, HeadersHaveALimitToo) {
  const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  EXPECT_EQ(answer_to(start + "X: " + std::string(60'000, 'x') + "\r\n\r\n").status, 200);
  std::string many = start;
  for (int i = 0; i < 10; ++i) many += "X: " + std::string(8'000, 'x') + "\r\n";
  expect_unknown(answer_to(many + "\r\n"), "headers are larger than 64 KiB");
  expect_unknown(answer_to(start + "X: " + std::string(300'000, 'x')), "headers are larger");
}

TEST(HttpClientAnswers, Garbage) {
  for (const std::string& bytes : std::vector<std::string>{
           "SSH-2.0-nonsense\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
           std::string("\0\1\2\3", 4) + std::string(1000, '\xff')})
    expect_unknown(answer_to(bytes), "");
}

TEST(HttpClientAnswers, HalfOfOne) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  const Server server([&](Peer& peer, int number) {
    peer.read_request();
    peer.write(whole.substr(0, static_cast<std::size_t>(number)));
  });
  Client client({});
  for (std::size_t size = 0; size < whole.size(); ++size)
    expect_unknown(run(client, get(server.url())), "closed");
  expect_unknown(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd"), "closed within");
}

TEST(HttpClientAnswers, HalfClosedWithoutOne) {
  expect_unknown(run([](Peer& peer, int) {
                   peer.read_request();
                   peer.finish_writing();
                   peer.wait_for_close();
                 }),
                 "closed before an answer");
}

TEST(HttpClientAnswers, AResetAfterTheRequest) {
  expect_unknown(run([](Peer& peer, int) {
                   peer.read_request();
                   peer.reset();
                 }),
                 "reset");
}

TEST(HttpClientAnswers, SilenceUntilTheDeadline) {
  expect_unknown(run_until_late([](Peer&, int) {}), "no answer in time");
  expect_unknown(run_until_late([](Peer& peer, int) {
                   peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a");
                 }),
                 "no answer in time");
}

TEST(HttpClientAnswers, ABodyThatNobodyTakesIsUnsent) {
  const Server server([](Peer& peer, int) {
    peer.wait_for_bytes();
    peer.reset();
  });
  Client client({});
  const Answer answer = run(client, post(server.url(), std::string(8U << 20U, 'x')));
  EXPECT_EQ(answer.progress, Progress::unsent) << answer.error;
}

}  // namespace
}  // namespace host_http_client_test
