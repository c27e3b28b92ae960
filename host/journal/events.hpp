// SPDX-License-Identifier: Apache-2.0
//
// Events as they are journaled: one function per type, so that each type's data is made in one
// place whoever raises it. `append` functions must be called within the transaction of the state
// they describe.
#pragma once
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "event/event.hpp"
#include "storage/accounts.hpp"
#include "storage/contacts.hpp"
#include "storage/messages.hpp"
#include "storage/writer.hpp"

namespace gardu::host {

// Who raised an event, and when it happened.
struct Origin {
  std::string source;            // "plugin:<id>", "api", "host"
  std::int64_t occurred_at = 0;  // milliseconds; 0: now
  std::string socket;            // X-Socket-ID, or empty
};

// The entry without seq; `data` is dumped (invalid UTF-8 replaced, never thrown for).
storage::JournalEntry make_entry(std::string type, std::string workspace_id, const Origin& origin,
                                 const nlohmann::json& data);

std::int64_t append_message_event(storage::Transaction& tx, const char* type, const Origin& origin,
                                  const storage::Message& m, const storage::Contact& c);
// message.status.updated
std::int64_t append_status(storage::Transaction& tx, const Origin& origin,
                           const storage::StatusChange& change);
// message.updated, .deleted, .reaction: about a message, with the data given.
std::int64_t append_about(storage::Transaction& tx, const char* type, const Origin& origin,
                          const storage::Message& m, const nlohmann::json& data);
// contact.created, contact.updated
std::int64_t append_contact(storage::Transaction& tx, const char* type, const Origin& origin,
                            const storage::Contact& c);
// conversation.updated
std::int64_t append_conversation(storage::Transaction& tx, const Origin& origin,
                                 const storage::Contact& c);
// account.status
std::int64_t append_account_status(storage::Transaction& tx, const Origin& origin,
                                   const storage::Account& a);

}  // namespace gardu::host
