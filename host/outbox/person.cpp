// SPDX-License-Identifier: Apache-2.0
#include "outbox/person.hpp"

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "event/types.hpp"

namespace gardu::host {
namespace {

// Failed: whatever became of its entry, which retention may have taken. One that is out stays so.
bool send_again(storage::Transaction& tx, const Origin& origin, const storage::Message& m) {
  const std::int64_t now = now_ms();
  if (const auto entry = storage::outbox::of_message(tx, m.id)) {
    if (!storage::outbox::reopen(tx, entry->id, now) &&
        !storage::outbox::retry(tx, m.workspace_id, entry->id, now))
      return false;
  } else {
    storage::OutboxEntry fresh;
    fresh.message_id = m.id;
    fresh.workspace_id = m.workspace_id;
    fresh.account_id = m.account_id;
    fresh.contact_id = m.contact_id;
    fresh.priority = static_cast<int>(priority(m.priority).value_or(GARDU_PRIORITY_NORMAL));
    fresh.not_before = fresh.created_at = now;
    storage::outbox::enqueue(tx, fresh);
  }
  if (const auto opened = storage::messages::reopen(tx, m.workspace_id, m.id))
    append_status(tx, origin, {m.status, *opened});
  return true;
}

}  // namespace

bool retry_message(storage::Transaction& tx, const Origin& origin, const storage::Message& m) {
  if (m.direction != "outbound") return false;
  if (m.status == "failed") return send_again(tx, origin, m);
  const auto entry = storage::outbox::of_message(tx, m.id);
  return m.status == "pending" && entry && (entry->state == "held" || entry->state == "dead") &&
         storage::outbox::retry(tx, m.workspace_id, entry->id, now_ms());
}

bool retry_entry(storage::Transaction& tx, const Origin& origin,
                 const storage::OutboxEntry& entry) {
  const auto m = storage::messages::get(tx, entry.workspace_id, entry.message_id);
  if (!m) return false;
  if (m->status == "failed") return send_again(tx, origin, *m);
  return m->status == "pending" &&
         storage::outbox::retry(tx, entry.workspace_id, entry.id, now_ms());
}

bool cancel_entry(storage::Transaction& tx, const Origin& origin,
                  const storage::OutboxEntry& entry) {
  const auto m = storage::messages::get(tx, entry.workspace_id, entry.message_id);
  if (!m || m->status != "pending") return false;
  if (!storage::outbox::cancel(tx, entry.workspace_id, entry.id)) return false;
  const nlohmann::json why = {{"code", "cancelled"},
                              {"title", "Cancelled"},
                              {"detail", "It was cancelled before it was known to be sent."},
                              {"retryable", true}};
  if (const auto change = storage::messages::apply_status(tx, *m, "failed", now_ms(), why.dump()))
    append_status(tx, origin, *change);
  return true;
}

}  // namespace gardu::host
