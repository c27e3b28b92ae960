// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "http_client/detail/check.hpp"

#include <algorithm>
#include <array>

namespace gardu::host::client::detail {
namespace {

// Of the connection, which is shared: none of a caller's business.
constexpr std::array<std::string_view, 9> kOwnHeaders{
    "connection", "content-length", "host",    "keep-alive",       "proxy-connection",
    "te",         "trailer",        "upgrade", "transfer-encoding"};

constexpr std::size_t kLongestHeader = 32'768;

bool same_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

bool is_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

std::string shown(std::string_view name) { return std::string(name.substr(0, 64)); }

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::string why_not_sendable(const Call& call) {
  if (!is_token(call.method) || call.method.size() > 64) return "the method is not a word";
  if (call.method == "CONNECT") return "the method CONNECT is the client's own";
  if (call.method == "TRACE" && !call.body.empty()) return "a TRACE has no body";
  for (const auto& [name, value] : call.headers) {
    if (!is_token(name)) return "a header's name is not a word";
    if (name.size() > kLongestHeader || value.size() > kLongestHeader)
      return "the header " + shown(name) + " is too long";
    if (!is_value(value)) return "the header " + shown(name) + " has a control character in it";
    for (const std::string_view own : kOwnHeaders)
      if (same_ignoring_case(name, own))
        return "the header " + shown(name) + " is the client's own";
  }
  return {};
}

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

}  // namespace gardu::host::client::detail
