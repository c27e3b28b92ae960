// SPDX-License-Identifier: Apache-2.0
//
// Finds the members of an object as the bytes that they are: what an application signed as
// `user_info` must reach other clients with its order, its numbers and its escapes.
#include "protocol/member.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/envelope.hpp"

namespace gardu::pusher {
namespace {

using Json = nlohmann::json;
using Members = std::vector<std::pair<std::string, std::string_view>>;  // by key: the raw value

constexpr std::string_view kBlank = " \t\r\n";

// Behind the string that begins at `at`. All of this is only asked about valid JSON.
size_t end_of_string(std::string_view json, size_t at) {
  for (++at; json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return at + 1;
}

size_t end_of_value(std::string_view json, size_t at) {
  if (json[at] == '"') return end_of_string(json, at);
  if (json[at] != '{' && json[at] != '[') return json.find_first_of(",}] \t\r\n", at);
  int depth = 0;
  do {
    const char c = json[at];
    if (c == '"') {
      at = end_of_string(json, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  } while (depth != 0);
  return at;
}

std::string text_of(std::string_view raw) {
  if (raw.find('\\') == std::string_view::npos) return std::string(raw.substr(1, raw.size() - 2));
  return Json::parse(raw).get<std::string>();
}

Result<Members> members_of(std::string_view json, const char* what) {
  const std::string wrong = std::string(what) + " is not a JSON object";
  const size_t begin = json.find_first_not_of(kBlank);
  if (begin == std::string_view::npos || json[begin] != '{' || nested_too_deep(json) ||
      !Json::accept(json))
    return Status::invalid(wrong);
  Members out;
  for (size_t at = json.find_first_not_of(kBlank, begin + 1); json[at] != '}';) {
    const size_t key = at;
    at = end_of_string(json, key);
    std::string name = text_of(json.substr(key, at - key));
    const size_t value = json.find_first_not_of(" \t\r\n:", at);
    at = end_of_value(json, value);
    out.emplace_back(std::move(name), json.substr(value, at - value));
    at = json.find_first_not_of(" \t\r\n,", at);
  }
  return out;
}

// Of two with the same key the last one counts, as everywhere. Empty: there is none.
std::string_view raw_member(const Members& members, std::string_view key) {
  std::string_view found;
  for (const auto& [name, raw] : members)
    if (name == key) found = raw;
  return found;
}

bool is_text(std::string_view raw) { return raw.starts_with('"'); }
bool is_number(std::string_view raw) {
  return !raw.empty() && (raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9'));
}

// Text, or a number as its text; empty when it is neither.
std::string id_of(std::string_view raw) {
  if (is_text(raw)) return text_of(raw);
  return is_number(raw) ? std::string(raw) : std::string();
}

void read_info(const Members& members, Member& out) {
  if (const std::string_view info = raw_member(members, "user_info"); !info.empty())
    out.info = info;
}

}  // namespace

Result<Member> parse_member(std::string_view channel_data) {
  const Result<Members> members = members_of(channel_data, "channel_data");
  if (!members) return members.status();
  Member out;
  out.id = id_of(raw_member(*members, "user_id"));
  if (out.id.empty()) return Status::invalid("channel_data must hold a user_id");
  read_info(*members, out);
  return out;
}

Result<User> parse_user(std::string_view user_data) {
  const Result<Members> members = members_of(user_data, "user_data");
  if (!members) return members.status();
  User out;
  const std::string_view id = raw_member(*members, "id");
  if (is_text(id)) out.id = text_of(id);
  if (out.id.empty()) return Status::invalid("user_data must hold an id that is a text");
  read_info(*members, out);
  const std::string_view watchlist = raw_member(*members, "watchlist");
  if (!watchlist.starts_with('[')) return out;
  for (const Json& one : Json::parse(watchlist)) {
    if (one.is_string() && !one.get_ref<const std::string&>().empty())
      out.watchlist.push_back(one.get<std::string>());
    else if (one.is_number())
      out.watchlist.push_back(one.dump());
  }
  return out;
}

}  // namespace gardu::pusher
