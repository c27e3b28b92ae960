// SPDX-License-Identifier: Apache-2.0
//
// Contacts: a contact is a conversation. One may be known under several identities, each unique in
// its account.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct ContactIdentity {
  std::string kind, value;  // kind: phone, lid, bsuid, group, other
};

struct Contact {
  std::string id, workspace_id, account_id, address;
  std::optional<std::string> phone, name, profile_picture_url;
  bool is_group = false;
  std::string labels = "[]", custom_fields = "{}";  // JSON
  std::optional<std::int64_t> last_message_at;
  std::optional<std::string> last_message_id;
  std::int64_t unread = 0;
  bool archived = false, blocked = false;
  std::string conversation_status = "open";
  std::optional<std::string> assigned_to;
  bool auto_reply = true;
  std::int64_t created_at = 0;
  std::vector<ContactIdentity> identities;
};

struct ContactQuery {
  std::string workspace_id;
  std::optional<std::string> account_id;
  std::optional<std::string> q;      // part of the name, phone or address
  std::optional<std::string> label;  // an element of `labels`
  std::optional<bool> unread, archived;
  // After this place in the order (last_message_at desc, id desc); never written to: 0.
  std::optional<std::pair<std::int64_t, std::string>> after;
  int limit = 50;
};

namespace contacts {

// For transports: the contacts of an account that have any of the identities; more than one: they
// are the same person (merge).
std::vector<Contact> find(Session& s, const std::string& account_id,
                          const std::vector<ContactIdentity>& identities);
void insert(Transaction& tx, const Contact& c);  // with its identities
// False: this contact has it already. Throws a duplicate when another one of the account has it.
bool add_identity(Transaction& tx, const Contact& c, const ContactIdentity& identity);
// Moves messages, identities, labels and what waits in the outbox over to `into`, adds the unread,
// fills phone, name and picture where `into` has none, and deletes `from`. Both of one account.
// Returns `into` as it is now.
Contact merge(Transaction& tx, const Contact& into, const Contact& from);
std::optional<Contact> get(Session& s, const std::string& workspace_id, const std::string& id);
std::vector<Contact> list(Session& s, const ContactQuery& query);
std::int64_t count(Session& s, const std::string& workspace_id);
// Writes all but identities, unread and what a message sets. False: no such contact.
bool update(Transaction& tx, const Contact& c);
bool set_conversation(Transaction& tx, const std::string& workspace_id, const std::string& id,
                      const std::string& status, const std::optional<std::string>& assigned_to,
                      bool auto_reply);
// A message came or went at `at`; `unread`: it counts as unread. An older one than the newest known
// does not take its place.
void on_message(Transaction& tx, const Contact& c, std::int64_t at, const std::string& message_id,
                bool unread);
// False: nothing was unread.
bool mark_read(Transaction& tx, const std::string& workspace_id, const std::string& id);
bool remove(Transaction& tx, const std::string& workspace_id, const std::string& id);

}  // namespace contacts
}  // namespace gardu::storage
