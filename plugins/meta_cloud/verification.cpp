// SPDX-License-Identifier: Apache-2.0
//
// The webhook address's verification.
#include "verification.hpp"

#include "signature.hpp"

namespace gardu::meta_cloud {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string decode_query_part(std::string_view part) {
  std::string out;
  for (size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '%' && i + 2 < part.size()) {
      const int high = hex_value(part[i + 1]), low = hex_value(part[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += part[i] == '+' ? ' ' : part[i];
  }
  return out;
}

Verification parse_verification(std::string_view query) {
  std::optional<std::string> mode, token, challenge;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const size_t equals = pair.find('=');
    const std::string name = decode_query_part(pair.substr(0, equals));
    std::string value =
        equals == std::string_view::npos ? "" : decode_query_part(pair.substr(equals + 1));
    auto* slot = name == "hub.mode"           ? &mode
                 : name == "hub.verify_token" ? &token
                 : name == "hub.challenge"    ? &challenge
                                              : nullptr;
    if (slot != nullptr && !*slot) *slot = std::move(value);
  }
  return {mode.value_or(""), token.value_or(""), challenge.value_or("")};
}

std::optional<std::string> answer_verification(std::string_view query,
                                               const std::vector<std::string_view>& tokens) {
  Verification v = parse_verification(query);
  bool known = false;
  for (const std::string_view token : tokens)  // all of them, whichever fits
    if (!token.empty() && same_secret(token, v.token)) known = true;
  if (v.mode != "subscribe" || !known || v.challenge.empty()) return std::nullopt;
  return std::move(v.challenge);
}

}  // namespace gardu::meta_cloud
