// SPDX-License-Identifier: Apache-2.0
#include "journal/people.hpp"

#include <algorithm>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace gardu::host {
namespace {

bool has(const storage::Contact& c, const storage::ContactIdentity& id) {
  return std::any_of(c.identities.begin(), c.identities.end(), [&](const auto& known) {
    return known.kind == id.kind && known.value == id.value;
  });
}

storage::Contact create(storage::Transaction& tx, const Origin& origin,
                        const storage::Account& account, const Person& person) {
  storage::Contact c;
  c.id = uuid_v7();
  c.workspace_id = account.workspace_id;
  c.account_id = account.id;
  c.address = person.address;
  if (!person.name.empty()) c.name = person.name;
  c.is_group = person.is_group;
  c.created_at = now_ms();
  c.identities = person.identities;
  for (const auto& id : person.identities)
    if (id.kind == "phone") c.phone = id.value;
  storage::contacts::insert(tx, c);
  append_contact(tx, "contact.created", origin, c);
  return c;
}

}  // namespace

storage::Contact resolve_contact(storage::Transaction& tx, const Origin& origin,
                                 const storage::Account& account, const Person& person) {
  auto found = storage::contacts::find(tx, account.id, person.identities);
  if (found.empty()) return create(tx, origin, account, person);
  bool changed = false;
  // The oldest stays: clients may have its id in hand the longest.
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  storage::Contact c = std::move(found.front());
  for (std::size_t i = 1; i < found.size(); ++i) {
    storage::contacts::merge(tx, c, found[i]);
    c.identities.insert(c.identities.end(), found[i].identities.begin(), found[i].identities.end());
    c.unread += found[i].unread;
    if (!c.phone) c.phone = found[i].phone;
    if (!c.name) c.name = found[i].name;
    changed = true;
  }
  for (const auto& id : person.identities) {
    if (has(c, id)) continue;
    storage::contacts::add_identity(tx, c, id);
    c.identities.push_back(id);
    if (id.kind == "phone" && !c.phone) c.phone = id.value;
    changed = true;
  }
  if (!person.name.empty() && c.name != person.name) {
    c.name = person.name;
    changed = true;
  }
  if (!person.address.empty() && c.address != person.address && person.address != "unknown") {
    c.address = person.address;
    changed = true;
  }
  if (changed) {
    storage::contacts::update(tx, c);
    append_contact(tx, "contact.updated", origin, c);
  }
  return c;
}

}  // namespace gardu::host
