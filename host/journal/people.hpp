// SPDX-License-Identifier: Apache-2.0
//
// Who a message is from or for: the contact of a set of identities, made when new, merged when two
// turn out to be one.
#pragma once
#include <string>
#include <vector>

#include "journal/events.hpp"
#include "storage/accounts.hpp"
#include "storage/contacts.hpp"

namespace gardu::host {

struct Person {
  std::vector<storage::ContactIdentity> identities;
  std::string address, name;
  bool is_group = false;
};

// Journals contact.created or contact.updated where something changed.
storage::Contact resolve_contact(storage::Transaction& tx, const Origin& origin,
                                 const storage::Account& account, const Person& person);

}  // namespace gardu::host
