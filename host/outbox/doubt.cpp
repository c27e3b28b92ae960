// SPDX-License-Identifier: Apache-2.0
// The sender's third part: sends of which nobody knows whether the provider has them. Where its
// statuses carry our reference, one of them may still tell (journal/statuses.cpp); only when none
// has come in time does the account's policy decide, as it does at once for other transports.
#include <algorithm>
#include <limits>

#include "base/time.hpp"
#include "outbox/sender.hpp"
#include "storage/clock.hpp"

namespace gardu::host {
namespace {

constexpr const char* kUnknown = "the outcome of an earlier try is not known";
constexpr std::size_t kAtOnce = 256;  // in one transaction

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
bool Sender::doubt(storage::Transaction& tx, const storage::OutboxEntry& entry, int attempts,
                   const std::string& why) {
  const std::int64_t now = storage::clock_ms(tx);
  const std::int64_t until = now + options_.doubt_wait.count();
  if (!storage::outbox::doubt(tx, entry, attempts, until, why)) return false;
  const std::lock_guard lock(mutex_);
  clock_ahead_ = now - now_ms();
  if (doubts_due_ == 0 || until < doubts_due_) doubts_due_ = until;
  return true;
}

// What nobody works on any more, and what was in doubt for long enough; some in each transaction.
void Sender::recover(bool all_leases, const std::string& holder) {
  for (bool more = true; more;)
    database_.writer().run(
        [&](storage::Transaction& tx) { more = recover_some(tx, all_leases, holder); });
}

// Whether there is more of it.
bool Sender::recover_some(storage::Transaction& tx, bool all_leases, const std::string& holder) {
  const std::int64_t now = storage::clock_ms(tx);
  const auto over = storage::outbox::doubts_over(tx, now, int{kAtOnce});
  const auto left = storage::outbox::abandoned(
      tx, all_leases ? std::numeric_limits<std::int64_t>::max() : now, holder, int{kAtOnce});
  bool settled = false;
  std::map<std::string, std::optional<storage::Account>> accounts;
  for (const auto* part : {&over, &left})
    for (const auto& e : *part) {
      if (is_out(e.id)) continue;  // of some it is known here, and not stored yet
      const auto [at, unknown] = accounts.try_emplace(e.account_id);
      if (unknown) at->second = storage::accounts::get_any(tx, e.account_id);
      settle(tx, e, at->second);
      settled = true;
    }
  const std::int64_t due = storage::outbox::next_doubt(tx, now).value_or(0);
  const std::lock_guard lock(mutex_);
  doubts_due_ = due;
  clock_ahead_ = now - now_ms();
  return settled && (std::max(over.size(), left.size()) == kAtOnce);
}

void Sender::settle(storage::Transaction& tx, const storage::OpenEntry& e,
                    const std::optional<storage::Account>& account) {
  if (e.message_status != "pending") {  // a status has told it
    storage::outbox::told(tx, e);
    return;
  }
  const auto transport = account ? find_(account->transport) : nullptr;
  if (e.state != "in_doubt" && options_.doubt_wait.count() > 0 &&
      (transport == nullptr || reconciles(*transport))) {
    log_.warn("message {} was on its way when the gateway ended: a status may tell", e.message_id);
    doubt(tx, e, e.attempts, kUnknown);
  } else if ((account && account->in_doubt == "hold") || e.attempts >= options_.policy.attempts) {
    // Also when it was tried often enough: that it failed is not known, and a status may yet tell.
    log_.warn("message {} may have been sent or not: held for a person", e.message_id);
    storage::outbox::hold(tx, e, kUnknown);
  } else {
    log_.warn("message {} may have been sent or not: is sent again", e.message_id);
    storage::outbox::requeue(tx, e, e.attempts, now_ms(), kUnknown);
  }
}

}  // namespace gardu::host
