// SPDX-License-Identifier: Apache-2.0
//
// Who a message is from or to.
#include "peer.hpp"

#include <algorithm>

namespace gardu::meta_cloud {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// "+1650…" and 1650… alike; empty when it is no number.
std::string phone_of(const Json* value) {
  std::string s = id_of(value);
  if (s.starts_with('+')) s.erase(0, 1);
  return is_phone(s) ? s : std::string{};
}

void add_identity(Person& person, gardu_identity_kind kind, const std::string& value) {
  const bool known =
      std::any_of(person.identities.begin(), person.identities.end(),
                  [&](const Identity& i) { return i.kind == kind && i.value == value; });
  if (!known) person.identities.push_back({kind, value});
}
void add_phone(Person& person, const std::string& digits) {
  if (!digits.empty()) add_identity(person, GARDU_IDENTITY_PHONE, "+" + digits);
}
void add_bsuid(Person& person, const std::string& id) {
  if (is_bsuid(id)) add_identity(person, GARDU_IDENTITY_BSUID, id);
}

// Where the element names its person; system messages name the new ids apart.
struct Named {
  std::string phone, moved_to, user_id, parent_user_id, new_user_id;
};

Named names_in(const Json& element, gardu_direction direction) {
  const bool echo = direction == GARDU_OUTBOUND;
  const Json* plain = member(element, echo ? "to" : "from");
  Named n;
  n.phone = phone_of(plain);
  n.user_id = text_of(member(element, echo ? "to_user_id" : "from_user_id"));
  n.parent_user_id = text_of(member(element, echo ? "to_parent_user_id" : "from_parent_user_id"));
  if (n.user_id.empty() && is_bsuid(text_of(plain))) n.user_id = text_of(plain);
  if (text_of(member(element, "type")) == "system") {
    const Json* system = member(element, "system");
    n.moved_to = phone_of(member(system, "wa_id"));
    if (n.moved_to.empty()) n.moved_to = phone_of(member(system, "new_wa_id"));
    n.new_user_id = text_of(member(system, "user_id"));
  }
  return n;
}

std::string profile_name(const Json* contact) {
  const Json* name = member(member(contact, "profile"), "name");
  return name != nullptr && is_clean(*name) ? text_of(name) : std::string{};
}

}  // namespace

bool is_phone(std::string_view s) noexcept {
  return !s.empty() && s.size() <= 20 && std::all_of(s.begin(), s.end(), is_digit);
}

bool is_bsuid(std::string_view s) noexcept {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (s.size() < 4 || !upper(s[0]) || !upper(s[1]) || s[2] != '.') return false;
  s.remove_prefix(3);
  if (s.starts_with("ENT.")) s.remove_prefix(4);
  return !s.empty() && s.size() <= 128 &&
         std::all_of(s.begin(), s.end(), [](char c) { return is_digit(c) || is_letter(c); });
}

std::optional<Person> read_person(const Json& element, const Change& change,
                                  gardu_direction direction) {
  const Named n = names_in(element, direction);
  Person person;
  add_phone(person, n.phone);
  add_phone(person, n.moved_to);
  add_bsuid(person, n.user_id);
  add_bsuid(person, n.new_user_id);
  add_bsuid(person, n.parent_user_id);

  // The contact adds an identity only where the element itself gave none of its kind: after a
  // change of number the two may differ, and joining them would merge two people.
  if (const Json* c = change.contact_by_wa_id(n.phone)) {
    person.name = profile_name(c);
    if (n.user_id.empty() && n.new_user_id.empty()) {
      add_bsuid(person, text_of(member(c, "user_id")));
      add_bsuid(person, text_of(member(c, "parent_user_id")));
    }
  } else if (const Json* by_id = change.contact_by_user_id(n.user_id)) {
    person.name = profile_name(by_id);
    if (n.phone.empty()) add_phone(person, phone_of(member(by_id, "wa_id")));
  }
  if (person.identities.empty()) return std::nullopt;

  const auto of_kind = [&](gardu_identity_kind kind) -> std::string {
    for (const Identity& i : person.identities)
      if (i.kind == kind) return i.value;
    return {};
  };
  person.address = !n.moved_to.empty() ? n.moved_to : n.phone;
  if (person.address.empty() && !of_kind(GARDU_IDENTITY_PHONE).empty())
    person.address = of_kind(GARDU_IDENTITY_PHONE).substr(1);
  if (person.address.empty() && is_bsuid(n.new_user_id)) person.address = n.new_user_id;
  if (person.address.empty()) person.address = of_kind(GARDU_IDENTITY_BSUID);
  return person;
}

std::optional<Peer> read_peer(const Json& element, const Change& change, InboundMessage& message) {
  auto person = read_person(element, change, message.direction);
  const Json* group = member(element, "group_id");
  const std::string group_id = group != nullptr && is_clean(*group) ? id_of(group) : std::string{};
  if (!group_id.empty() && group_id.size() <= 255) {
    if (person && message.direction == GARDU_INBOUND) {
      message.sender_address = std::move(person->address);
      message.sender_name = std::move(person->name);
    }
    return Peer{{{GARDU_IDENTITY_GROUP, group_id}}, group_id, {}, true};
  }
  if (!person) return std::nullopt;
  return Peer{std::move(person->identities), std::move(person->address), std::move(person->name),
              false};
}

Peer unknown_peer() { return Peer{{{GARDU_IDENTITY_OTHER, "unknown"}}, "unknown", {}, false}; }

}  // namespace gardu::meta_cloud
