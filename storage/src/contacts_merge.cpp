// SPDX-License-Identifier: Apache-2.0
// Two contacts turn out to be one person.
#include "session.hpp"
#include "storage/contacts.hpp"

namespace gardu::storage::contacts {
namespace {

void move_rows(Transaction& tx, const Contact& into, const Contact& from) {
  const std::string& workspace = into.workspace_id;
  for (const char* table : {"messages", "contact_identities"})
    run(tx,
        std::string("update ") + table +
            " set contact_id = :a where workspace_id = :b and contact_id = :c",
        into.id, workspace, from.id);
  run(tx,
      "update outbox set contact_id = :a, lane = :b where workspace_id = :c and contact_id = :d",
      into.id, into.account_id + "/" + into.id, workspace, from.id);
  run(tx,
      "insert into contact_labels (workspace_id, contact_id, label_id) "
      "select workspace_id, :a, label_id from contact_labels where workspace_id = :b and "
      "contact_id = :c and label_id not in (select label_id from contact_labels where "
      "workspace_id = :d and contact_id = :e)",
      into.id, workspace, from.id, workspace, into.id);
}

}  // namespace

Contact merge(Transaction& tx, const Contact& into, const Contact& from) {
  // As they are now: what the caller has may be older than this transaction.
  auto left = get(tx, into.workspace_id, from.id);
  auto kept = get(tx, into.workspace_id, into.id);
  if (!kept || !left || kept->id == left->id || kept->account_id != left->account_id)
    throw Error(ErrorKind::other, "only two contacts of one account can be merged");
  move_rows(tx, *kept, *left);
  if (left->last_message_at.value_or(0) > kept->last_message_at.value_or(0)) {
    kept->last_message_at = left->last_message_at;
    kept->last_message_id = left->last_message_id;
  }
  if (!kept->phone) kept->phone = left->phone;
  if (!kept->name) kept->name = left->name;
  if (!kept->profile_picture_url) kept->profile_picture_url = left->profile_picture_url;
  run(tx,
      "update contacts set unread = unread + :a, last_message_at = :b, last_message_id = :c, "
      "phone = :d, name = :e, profile_picture_url = :f where workspace_id = :g and id = :h",
      left->unread, kept->last_message_at.value_or(0), kept->last_message_id, kept->phone,
      kept->name, kept->profile_picture_url, kept->workspace_id, kept->id);
  remove(tx, left->workspace_id, left->id);
  return *get(tx, kept->workspace_id, kept->id);
}

}  // namespace gardu::storage::contacts
