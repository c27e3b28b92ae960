// SPDX-License-Identifier: Apache-2.0
// The sender's third part: sends of which nobody knows whether the provider has them. Where its
// statuses carry our reference, one of them may still tell (journal/statuses.cpp); only when none
// has come in time does the account's policy decide, as it does at once for other transports.
#include "base/time.hpp"
#include "outbox/sender.hpp"

namespace gardu::host {
namespace {

constexpr const char* kUnknown = "the outcome of an earlier try is not known";

}  // namespace

// One that has not described itself yet may be one of those.
bool Sender::reconciles(const PluginInstance& transport) {
  return !transport.is_transport() ||
         (transport.transport().features & GARDU_REFERENCE_ECHOED) != 0;
}

bool Sender::in_doubt() const {
  const std::lock_guard lock(mutex_);
  return doubts_due_ != 0;
}

// On the writer's thread, as all that writes doubts_due_.
void Sender::doubt(storage::Transaction& tx, const storage::OutboxEntry& entry, int attempts,
                   const std::string& why) {
  const std::int64_t until = now_ms() + options_.doubt_wait.count();
  storage::outbox::doubt(tx, entry.id, attempts, until, why);
  const std::lock_guard lock(mutex_);
  if (doubts_due_ == 0 || until < doubts_due_) doubts_due_ = until;
}

// What nobody works on any more, and what was in doubt for long enough.
void Sender::recover(std::int64_t leases_until, const std::string& holder) {
  database_.writer().run([&](storage::Transaction& tx) {
    {
      const std::lock_guard lock(mutex_);
      doubts_due_ = 0;
    }
    std::int64_t due = 0;
    for (const auto& e : storage::outbox::in_doubt(tx)) {
      if (e.not_before <= now_ms()) {
        settle(tx, e);
      } else if (due == 0 || e.not_before < due) {
        due = e.not_before;
      }
    }
    {
      const std::lock_guard lock(mutex_);
      doubts_due_ = due;
    }
    for (const auto& e : storage::outbox::abandoned(tx, leases_until, holder)) {
      {
        const std::lock_guard lock(mutex_);
        if (out_.count(e.id) != 0) continue;
      }
      settle(tx, e);
    }
  });
}

void Sender::settle(storage::Transaction& tx, const storage::LeasedEntry& e) {
  if (e.message.status != "pending") {  // a status has told it
    storage::outbox::done(tx, e.id);
    return;
  }
  const auto account = storage::accounts::get_any(tx, e.account_id);
  const auto transport = account ? find_(account->transport) : nullptr;
  if (e.state != "in_doubt" && options_.doubt_wait.count() > 0 &&
      (transport == nullptr || reconciles(*transport))) {
    log_.warn("message {} was on its way when the gateway ended: a status may tell", e.message_id);
    doubt(tx, e, e.attempts, kUnknown);
  } else if (account && account->in_doubt == "hold") {
    log_.warn("message {} may have been sent or not: held for a person", e.message_id);
    storage::outbox::hold(tx, e.id, kUnknown);
  } else if (e.attempts >= options_.policy.attempts) {
    fail(tx, e, e.message, {"host", now_ms(), {}}, Status::timeout(kUnknown));
  } else {
    log_.warn("message {} may have been sent or not: is sent again", e.message_id);
    storage::outbox::requeue(tx, e.id, e.attempts, now_ms(), kUnknown);
  }
}

}  // namespace gardu::host
