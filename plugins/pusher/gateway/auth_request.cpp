// SPDX-License-Identifier: Apache-2.0
//
// Reading what clients send.
#include "gateway/auth_request.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "protocol/envelope.hpp"
#include "protocol/signature.hpp"

namespace gardu::pusher {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kAfterSeq = "after_seq";

std::string text_or_empty(const Json& body, const char* name) {
  const auto it = body.find(name);
  return it != body.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::string key_for(const std::string& channel) {
  return std::string(kAfterSeq) + '[' + channel + ']';
}

void take_seq(AuthRequest& asked, std::string_view text) {
  if (text.empty()) return;
  int64_t seq = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  asked.bad_after_seq = error != std::errc{} || end != text.data() + text.size() || seq < 0;
  if (!asked.bad_after_seq) asked.after_seq = seq;
}

// A number, or the same as a text.
void take_seq_of(AuthRequest& asked, const Json& value) {
  if (value.is_null()) return;
  if (value.is_string()) return take_seq(asked, value.get_ref<const std::string&>());
  if (value.is_number_integer()) return take_seq(asked, value.dump());
  asked.bad_after_seq = true;
}

AuthRequest read_json(const HttpRequest& request) {
  AuthRequest asked;
  if (nested_too_deep(request.body())) return asked;
  const Json body = Json::parse(request.body(), nullptr, false);
  if (!body.is_object()) return asked;
  asked.socket_id = text_or_empty(body, "socket_id");
  asked.channel = text_or_empty(body, "channel_name");
  auto seq = body.find(key_for(asked.channel));
  if (seq == body.end()) seq = body.find(kAfterSeq);
  if (seq != body.end()) take_seq_of(asked, *seq);
  return asked;
}

AuthRequest read_form(const HttpRequest& request) {
  AuthRequest asked;
  Query form = parse_query(request.body(), true);
  for (auto& [key, value] : form) {
    if (key == "socket_id") asked.socket_id = value;
    if (key == "channel_name") asked.channel = value;
  }
  const std::string *seq = nullptr, own_key = key_for(asked.channel);
  bool own = false;
  for (const auto& [key, value] : form) {
    if (key != own_key && (own || key != kAfterSeq)) continue;
    own = key == own_key;
    seq = &value;
  }
  if (seq != nullptr) take_seq(asked, *seq);
  return asked;
}

}  // namespace

AuthRequest read_auth_request(const HttpRequest& request) {
  const bool json = request.header("content-type").find("json") != std::string_view::npos;
  return json ? read_json(request) : read_form(request);
}

}  // namespace gardu::pusher
