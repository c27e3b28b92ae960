// SPDX-License-Identifier: Apache-2.0
//
// The objects of the vocabulary as JSON: the same text in REST, in the journal, in webhooks and on
// channels. Pure functions.
#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "storage/accounts.hpp"
#include "storage/contacts.hpp"
#include "storage/journal.hpp"
#include "storage/messages.hpp"

namespace gardu::host {

nlohmann::json message_json(const storage::Message& m);
nlohmann::json contact_json(const storage::Contact& c);
nlohmann::json account_json(const storage::Account& a);  // without credentials
// The envelope with `data` spliced in as it is: no parsing.
std::string event_text(const storage::JournalEntry& e);

// Back, as far as the views of plugins need it.
storage::Message message_from_json(const nlohmann::json& j);
storage::Contact contact_from_json(const nlohmann::json& j);

}  // namespace gardu::host
