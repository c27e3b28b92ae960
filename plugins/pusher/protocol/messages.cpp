// SPDX-License-Identifier: Apache-2.0
//
// The texts of what the server sends.
#include "protocol/messages.hpp"

#include "protocol/bytes.hpp"

namespace gardu::pusher {
namespace {

void append_escape(std::string& out, unsigned char c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += "\\u00";
  out.push_back(kDigits[c >> 4U]);
  out.push_back(kDigits[c & 15U]);
}

// A message that is about one channel; `data` is its JSON.
std::string on_channel(std::string_view event, std::string_view data, std::string_view channel) {
  std::string out = R"({"event":")";
  out.reserve(event.size() + data.size() + data.size() / 4 + channel.size() + 48);
  out += event;
  out += R"(","data":)";
  append_json_string(out, data);
  out += R"(,"channel":)";
  append_json_string(out, channel);
  out.push_back('}');
  return out;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (size_t at = 0;;) {
    const size_t plain = bytes::plain_json(text, at);
    out.append(text, at, plain);
    at += plain;
    if (at == text.size()) break;
    append_escape(out, static_cast<unsigned char>(text[at++]));
  }
  out.push_back('"');
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

std::string connection_established(std::string_view socket_id, int64_t activity_timeout_s) {
  std::string data = R"({"socket_id":)";
  append_json_string(data, socket_id);
  data += R"(,"activity_timeout":)" + std::to_string(activity_timeout_s) + '}';
  return R"({"event":"pusher:connection_established","data":)" + json_string(data) + '}';
}

std::string error_message(Code code, std::string_view text) {
  std::string out = R"({"event":"pusher:error","data":{"code":)";
  out += std::to_string(static_cast<unsigned>(code));
  out += R"(,"message":)";
  append_json_string(out, text);
  return out + "}}";
}

std::string subscription_succeeded(std::string_view channel) {
  return on_channel("pusher_internal:subscription_succeeded", "{}", channel);
}

std::string presence_succeeded(std::string_view channel, std::span<const MemberView> members) {
  std::string ids = R"({"presence":{"ids":[)", hash = R"(],"hash":{)";
  for (const MemberView& member : members) {
    const char* comma = &member == members.data() ? "" : ",";
    append_json_string(ids += comma, member.user);
    append_json_string(hash += comma, member.user);
    hash.push_back(':');
    hash += member.info;
  }
  const std::string count = "},\"count\":" + std::to_string(members.size()) + "}}";
  return on_channel("pusher_internal:subscription_succeeded", ids + hash + count, channel);
}

std::string member_added(std::string_view channel, const MemberView& member) {
  std::string data = R"({"user_id":)";
  append_json_string(data, member.user);
  data += R"(,"user_info":)";
  data += member.info;
  data.push_back('}');
  return on_channel("pusher_internal:member_added", data, channel);
}

std::string member_removed(std::string_view channel, std::string_view user) {
  std::string data = R"({"user_id":)";
  append_json_string(data, user);
  data.push_back('}');
  return on_channel("pusher_internal:member_removed", data, channel);
}

std::string subscription_count(std::string_view channel, size_t count) {
  return on_channel("pusher_internal:subscription_count",
                    R"({"subscription_count":)" + std::to_string(count) + '}', channel);
}

std::string cache_miss(std::string_view channel) {
  return on_channel("pusher:cache_miss", "{}", channel);
}

std::string signin_success(std::string_view user_data) {
  return R"({"event":"pusher:signin_success","data":)" +
         json_string(R"({"user_data":)" + json_string(user_data) + '}') + '}';
}

std::string watchlist_event(std::string_view name, std::span<const std::string> users) {
  std::string data = R"({"events":[{"name":)";
  append_json_string(data, name);
  data += R"(,"user_ids":[)";
  for (const std::string& user : users) {
    if (&user != users.data()) data.push_back(',');
    append_json_string(data, user);
  }
  data += "]}]}";
  return R"({"event":"pusher_internal:watchlist_events","data":)" + json_string(data) + '}';
}

std::string subscription_error(std::string_view channel, std::string_view type,
                               std::string_view error, int status) {
  std::string data = R"({"type":)";
  append_json_string(data, type);
  data += R"(,"error":)";
  append_json_string(data, error);
  data += R"(,"status":)" + std::to_string(status) + '}';
  return on_channel("pusher:subscription_error", data, channel);
}

std::string ping_message() { return R"({"event":"pusher:ping","data":"{}"})"; }

std::string pong_message() { return R"({"event":"pusher:pong","data":"{}"})"; }

std::string event_head(std::string_view name, std::string_view data) {
  std::string out;
  out.reserve(name.size() + data.size() + data.size() / 4 + 48);
  append_event_head(out, name, data);
  return out;
}

std::string event_message(std::string_view head, std::string_view channel,
                          std::string_view user_id) {
  std::string out;
  out.reserve(head.size() + channel.size() + user_id.size() + 16);
  out += head;
  append_event_tail(out, channel, user_id);
  return out;
}

void append_event_head(std::string& out, std::string_view name, std::string_view data) {
  out += R"({"event":)";
  append_json_string(out, name);
  out += R"(,"data":)";
  append_json_string(out, data);
  out += R"(,"channel":)";
}

void append_event_tail(std::string& out, std::string_view channel, std::string_view user_id) {
  append_json_string(out, channel);
  if (!user_id.empty()) {
    out += R"(,"user_id":)";
    append_json_string(out, user_id);
  }
  out.push_back('}');
}

}  // namespace gardu::pusher
