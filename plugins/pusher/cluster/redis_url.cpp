// SPDX-License-Identifier: Apache-2.0
//
// Where Redis is.
#include "cluster/redis_url.hpp"

#include <charconv>

#include "protocol/signature.hpp"

namespace gardu::pusher {
namespace {

constexpr std::string_view kScheme = "redis://";

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string RedisUrl::printable() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port) + '/' +
         std::to_string(database);
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  const auto refuse = [](const char* what) {
    return Status::invalid(std::string("redis: ") + what +
                           "; it must be redis://[:password@]host:port/database");
  };
  RedisUrl out;
  if (!text.starts_with(kScheme)) return refuse("does not begin with redis://");
  text.remove_prefix(kScheme.size());
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = text.substr(0, at);
    text.remove_prefix(at + 1);
    const size_t colon = who.find(':');
    if (colon == std::string_view::npos) return refuse("no ':' in front of the password");
    out.user = percent_decode(who.substr(0, colon), false);
    out.password = percent_decode(who.substr(colon + 1), false);
  }
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view database = text.substr(slash + 1);
    text = text.substr(0, slash);
    if (!database.empty() && !read_number(database, out.database))
      return refuse("the database is no number");
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return refuse("no ']' after the address");
    out.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const size_t colon = text.find(':');
    out.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (out.host.empty()) return refuse("no host");
  if (!port.empty() && (!port.starts_with(':') || !read_number(port.substr(1), out.port)))
    return refuse("the port is no number");
  return out;
}

}  // namespace gardu::pusher
