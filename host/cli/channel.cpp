// SPDX-License-Identifier: Apache-2.0
// gardu events --channel: what happens on a channel of the broadcaster, asked of the running
// server.
#include <poll.h>

#include <cstdlib>
#include <future>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "http/url.hpp"
#include "http_client/http_client.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

constexpr int kLookAgainMs = 500;

// Where this machine reaches the server, unless --url says so.
std::string server_url(const Arguments& a, const Settings& s) {
  if (a.has("url")) return a.get("url");
  std::string listen = s.http.listen;
  if (const auto end = listen.find("0.0.0.0:"); end == 0) listen.replace(0, 7, "127.0.0.1");
  if (listen.ends_with(":0"))
    throw CommandError(2, "http.listen names no port\nsay where the server is with --url");
  return (s.http.tls_certificate.empty() ? "http://" : "https://") + listen;
}

std::string token() {
  const char* const value = std::getenv("GARDU_TOKEN");
  if (value == nullptr || *value == '\0')
    throw CommandError(2,
                       "GARDU_TOKEN is not set\nput a token there: a workspace's admin for the "
                       "gateway's channels, with --app one of the platform (gardu token create)");
  return value;
}

json ask(client::Client& client, const std::string& url, const std::string& bearer) {
  client::Call call;
  call.method = "GET";
  call.url = url;
  call.headers = {{"Authorization", "Bearer " + bearer}};
  call.allow_private = true;
  std::promise<client::Answer> done;
  auto answered = done.get_future();
  if (!client.request(std::move(call), [&done](client::Answer a) { done.set_value(std::move(a)); }))
    throw CommandError(1, "the request could not be made");
  const client::Answer answer = answered.get();
  if (answer.progress != client::Answer::Progress::answered)
    throw CommandError(1, "the server does not answer: " + answer.error +
                              "\nsay where it is with --url, if it is elsewhere");
  json body = json::parse(answer.body, nullptr, false);
  if (answer.status == 200 && body.is_object()) return body;
  const std::string why = body.is_object() ? body.value("detail", "") : std::string();
  throw CommandError(
      1, "the server answers " + std::to_string(answer.status) + (why.empty() ? "" : ": " + why));
}

void print(const json& record, bool as_json) {
  const auto replace = json::error_handler_t::replace;
  if (as_json) {
    std::cout << record.dump(-1, ' ', false, replace) << "\n";
    return;
  }
  std::cout << record.value("at", "") << "  " << record.value("what", "");
  for (const char* part : {"event", "user_id", "socket_id", "why", "data"})
    if (record.contains(part)) std::cout << "  " << record.value(part, "");
  std::cout << "\n";
}

}  // namespace

int channel_events(const Arguments& a) {
  const Settings s = load_settings(a);
  const std::string bearer = token();
  const std::string app = a.has("app") ? "apps/" + http::percent_encode(a.get("app")) + '/' : "";
  const std::string url = server_url(a, s) + "/api/v1/pusher/" + app + "channels/" +
                          http::percent_encode(a.require("channel")) + "?after=";
  client::Client client(client::Client::Options{});
  std::string after = a.has("after") ? a.get("after") : "0";
  for (;;) {
    const json seen = ask(client, url + http::percent_encode(after), bearer);
    if (seen.value("missed", false)) std::cerr << "gardu: some of it went by unseen\n";
    for (const json& record : seen.value("records", json::array())) print(record, a.has("json"));
    std::cout.flush();
    if (!a.has("follow") || !std::cout) return 0;
    after = std::to_string(seen.value("last", std::uint64_t{0}));
    ::poll(nullptr, 0, kLookAgainMs);
  }
}

}  // namespace gardu::host
