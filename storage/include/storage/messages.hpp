// SPDX-License-Identifier: Apache-2.0
//
// Messages of both directions. (account, provider_message_id) is unique.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/early_statuses.hpp"
#include "storage/writer.hpp"

namespace gardu::storage {

// Words as in the vocabulary of events; JSON columns are text; times are UTC milliseconds.
struct Message {
  std::string id, workspace_id, account_id, contact_id;
  std::optional<std::string> client_ref, provider_message_id, raw_id;
  std::string direction, chat_type = "private", type;
  std::optional<std::string> sender;  // JSON {address, name}
  std::optional<std::string> text;
  std::optional<std::string> content;  // JSON object: media, location, …
  std::optional<std::string> reply_to_message_id, reply_to_provider_id;
  bool forwarded = false;
  std::string status, priority = "normal";
  std::optional<std::string> error, sent_by, metadata;  // JSON objects
  std::int64_t created_at = 0;
  std::optional<std::int64_t> sent_at, delivered_at, read_at, played_at, failed_at, edited_at,
      deleted_at, occurred_at;
};

// In the order of lists: created_at, id.
using MessagePlace = std::pair<std::int64_t, std::string>;

struct MessageQuery {
  std::string workspace_id;
  std::optional<std::string> account_id, contact_id, direction, type, status;
  std::optional<std::string> q;  // full text: all words, the last one may be a beginning
  std::optional<std::int64_t> since, until;  // created_at, milliseconds; until is outside
  // Older, or newer, than this place in the order (created_at, id).
  std::optional<MessagePlace> before, after;
  int limit = 50;
};

// What a status moved.
struct StatusChange {
  std::string previous;
  Message message;  // as it is now
};

namespace messages {

void insert(Transaction& tx, const Message& m);  // duplicate: the provider's id is known
bool known(Session& s, const std::string& account_id, const std::string& provider_message_id);
std::optional<Message> get(Session& s, const std::string& workspace_id, const std::string& id);
// By our id within an account: for a transport's echo of our reference.
std::optional<Message> of_account(Session& s, const std::string& account_id, const std::string& id);
// By the provider's id or its short form.
std::optional<Message> find(Session& s, const std::string& account_id,
                            const std::string& provider_id);
// Newest first; with `after` alone the ones right after that place, newest of them first. With `q`
// and no contact the order is that in which they were stored: before and after are a message's
// place all the same.
std::vector<Message> list(Session& s, const MessageQuery& query);
// The place of a message in that order, for before and after; nothing: there is no such message.
std::optional<MessagePlace> place_of(Session& s, const std::string& workspace_id,
                                     const std::string& id);

// The one place where a status moves: pending < sent < delivered < read < played, failed only from
// pending or sent. Nothing: it did not move. Missing timestamps of skipped steps are filled.
std::optional<StatusChange> apply_status(Transaction& tx, const std::string& workspace_id,
                                         const std::string& id, const std::string& status,
                                         std::int64_t at, const std::optional<std::string>& error);
// The same for a message that was read in this very transaction.
std::optional<StatusChange> apply_status(Transaction& tx, const Message& current,
                                         const std::string& status, std::int64_t at,
                                         const std::optional<std::string>& error);
// The same rule without a database, for callers that only ask.
bool may_move(const std::string& from, const std::string& to);
// A failed outbound message is to be sent again: pending, and without what its failed sending left:
// its error, its times, the provider's id. The one way back, and only by a person's or the policy's
// decision. Nothing: it was not failed.
std::optional<Message> reopen(Transaction& tx, const std::string& workspace_id,
                              const std::string& id);

// A duplicate error when another message of the account has the provider's id. Without `raw_id` the
// former one stays.
void set_provider_id(Transaction& tx, const Message& m, const std::string& provider_message_id,
                     const std::optional<std::string>& raw_id);
// For transports, which know messages by id alone.
void set_provider_id(Transaction& tx, const std::string& id, const std::string& provider_message_id,
                     const std::optional<std::string>& raw_id);
void set_edited(Transaction& tx, const Message& m, const std::string& text, std::int64_t at);
void set_deleted(Transaction& tx, const Message& m, std::int64_t at);
void set_metadata(Transaction& tx, const Message& m, const std::string& metadata);
void set_content(Transaction& tx, const Message& m, const std::string& content);

}  // namespace messages
}  // namespace gardu::storage
