// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes what applications sign about users: channel_data and user_data. What is read by looking
// for the bytes of a member is what a JSON parser reads, and a list with it is one that clients can
// read.
#include <array>
#include <nlohmann/json.hpp>

#include "check.hpp"
#include "protocol/member.hpp"
#include "protocol/messages.hpp"
#include "protocol/utf8.hpp"

namespace pusher = gardu::pusher;
using Json = nlohmann::json;

namespace {

void check(const pusher::Member& member, const Json& said, const char* id) {
  FUZZ_CHECK(!member.id.empty() && pusher::valid_utf8(member.id));
  if (said[id].is_string()) FUZZ_CHECK(said[id] == member.id);
  const Json info = said.value("user_info", Json());
  FUZZ_CHECK(Json::parse(member.info, nullptr, false) == info);
  const std::array<pusher::MemberView, 1> members{{{member.id, member.info}}};
  const Json list = Json::parse(pusher::presence_succeeded("presence-a", members), nullptr, false);
  FUZZ_CHECK(list.is_object());
  const Json presence = Json::parse(list["data"].get<std::string>())["presence"];
  FUZZ_CHECK(presence["count"] == 1 && presence["ids"] == Json::array({member.id}));
  FUZZ_CHECK(presence["hash"].size() == 1 && presence["hash"][member.id] == info);
  const Json added = Json::parse(pusher::member_added("presence-a", members[0]), nullptr, false);
  FUZZ_CHECK(Json::parse(added["data"].get<std::string>())["user_id"] == member.id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!pusher::valid_utf8(text)) return -1;  // never gets past the frames
  const auto member = pusher::parse_member(text);
  const auto user = pusher::parse_user(text);
  const Json said = Json::parse(text, nullptr, false);
  if (!said.is_object()) FUZZ_CHECK(!member && !user);
  if (member) check(*member, said, "user_id");
  if (!user) return 0;
  check(*user, said, "id");
  for (const std::string& watched : user->watchlist) FUZZ_CHECK(!watched.empty());
  return 0;
}
