// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "session.hpp"
#include "storage/writer.hpp"

namespace gardu::storage {

std::int64_t Transaction::append(JournalEntry entry) {
  if (next_seq_ == 0) next_seq_ = number(*this, impl().dialect().lock_journal_counter(), 0) + 1;
  entry.seq = next_seq_;
  run(*this,
      "insert into journal (seq, id, type, workspace_id, account_id, contact_id, message_id, "
      "occurred_at, recorded_at, source, data, origin_socket) "
      "values (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l)",
      entry.seq, entry.id, entry.type, entry.workspace_id, entry.account_id, entry.contact_id,
      entry.message_id, entry.occurred_at, entry.recorded_at, entry.source, entry.data,
      entry.origin_socket.empty() ? std::nullopt : std::optional(entry.origin_socket));
  ++next_seq_;
  appended_.push_back(std::move(entry));
  return appended_.back().seq;
}

void Transaction::defer(std::function<void()> effect) { deferred_.push_back(std::move(effect)); }

void Transaction::begin_part() {
  run(*this, "savepoint part" + std::to_string(parts_.size()));
  parts_.push_back({appended_.size(), deferred_.size()});
}

void Transaction::end_part(bool keep) {
  const Part part = parts_.back();
  parts_.pop_back();
  const std::string name = "part" + std::to_string(parts_.size());
  if (!keep) {
    appended_.resize(part.entries);
    deferred_.resize(part.effects);
    // What it appended is gone, so its numbers are free again.
    next_seq_ = part.entries == 0 ? 0 : appended_.back().seq + 1;
    run(*this, "rollback to savepoint " + name);
  }
  run(*this, "release savepoint " + name);
}

}  // namespace gardu::storage
