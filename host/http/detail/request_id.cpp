// SPDX-License-Identifier: Apache-2.0
// UUIDv7 text: 48 bits of milliseconds, then random bits. Not a secret, so a plain generator does.
#include "http/detail/request_id.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace gardu::host::http::detail {
namespace {

std::mt19937_64 seeded_engine() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

void append_hex(std::string& out, std::uint64_t value, int digits) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (int i = digits - 1; i >= 0; --i) out += kHex[(value >> (4 * i)) & 0xFU];
}

constexpr bool is_token_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_request_id(std::string_view text) { return text.size() <= 128 && is_token(text); }

RequestIds::RequestIds() : random_(seeded_engine()) {}

std::string RequestIds::next() {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const auto time = static_cast<std::uint64_t>(now.count());
  const std::uint64_t a = random_();
  const std::uint64_t b = random_();
  std::string id;
  id.reserve(36);
  append_hex(id, time >> 16U, 8);
  id += '-';
  append_hex(id, time, 4);
  id += "-7";
  append_hex(id, a, 3);
  id += '-';
  append_hex(id, 0x8U | ((a >> 12U) & 0x3U), 1);
  append_hex(id, a >> 16U, 3);
  id += '-';
  append_hex(id, b, 12);
  return id;
}

}  // namespace gardu::host::http::detail
