// SPDX-License-Identifier: Apache-2.0
#include "publisher.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "signing.hpp"

namespace gardu::bench {
namespace {

std::string signed_request(const Options& options, std::string_view body) {
  const std::string path = "/apps/" + options.id + "/events";
  const std::string query = "auth_key=" + options.key +
                            "&auth_timestamp=" + std::to_string(std::time(nullptr)) +
                            "&auth_version=1.0&body_md5=" + md5_hex(body);
  std::string out = "POST " + path + "?" + query +
                    "&auth_signature=" + hmac_hex(options.secret, "POST\n" + path + "\n" + query) +
                    " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                    "Content-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n";
  return out.append(body);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  const size_t at = head.find(kName);
  if (at == std::string_view::npos) return 0;
  std::string_view rest = head.substr(at + kName.size());
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
  size_t length = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), length);
  return length;
}

}  // namespace

void Publisher::publish(Stream& stream, int64_t due) {
  request_ = signed_request(load_.options, stream.publish(index_, due));
  if (stream.audience != 0) ++load_.open;
  sent_ns_ = now_ns();
  idle_ = false;
  again_ = false;
  if (is_open())
    send(request_);
  else
    start();
}

void Publisher::connected() {
  if (request_.empty())
    idle_ = true;
  else
    send(request_);
}

// Some servers close after each answer: the next request has a new connection.
void Publisher::ended() {
  if (request_.empty() || again_) {
    if (!request_.empty()) load_.fail("a publish was not answered");
    request_.clear();
    idle_ = true;
    return;
  }
  again_ = true;
  start();
}

size_t Publisher::received(std::string_view bytes) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string head = lower(bytes.substr(0, end));
  const size_t size = end + 4 + content_length(head);
  if (bytes.size() < size) return 0;
  if (!head.starts_with("http/1.1 200"))
    load_.fail("refused: " + std::string(bytes.substr(0, size)));
  if (load_.measuring) {
    ++load_.acknowledged;
    load_.acknowledgement.add(now_ns() - sent_ns_);
  }
  load_.last_ns = now_ns();
  request_.clear();
  idle_ = true;
  if (head.find("\r\nconnection: close") != std::string::npos) shut();
  return bytes.size();
}

}  // namespace gardu::bench
