// SPDX-License-Identifier: Apache-2.0
// The sender's second half: what came of a send, stored.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "base/utf8.hpp"
#include "journal/events.hpp"
#include "journal/statuses.hpp"
#include "outbox/sender.hpp"

namespace gardu::host {
namespace {

constexpr std::chrono::seconds kStoreAgain{1};  // until it is tried again to store an outcome
constexpr int kStoreLogged = 60;                // of so many tries one is logged

constexpr std::size_t kLongestId = 255, kLongestAddress = 160;  // as they are stored

std::string error_json(const Status& why) {
  return nlohmann::json{{"code", why.provider_code()},
                        {"title", why.title()},
                        {"detail", why.message()},
                        {"retryable", false}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string text_of(const Status& why) {
  std::string text =
      why.provider_code().empty() ? why.message() : why.provider_code() + " " + why.message();
  return storable(text) ? text : "the transport said why in no text";
}

}  // namespace

void Sender::finish(std::uint64_t send, const std::shared_ptr<const Ready>& ready,
                    SendOutcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    auto it = out_.find(send);
    if (it == out_.end() || it->second.outcome) {
      // Given up on before. That the provider has it counts all the same, and ends the doubt.
      if (!outcome.status.ok()) return;
      send = ++sends_;
      it = out_.emplace(send, Out{ready, {}, {}, false, 0, false}).first;
    }
    it->second.outcome = std::make_shared<const SendOutcome>(std::move(outcome));
  }
  store(send);
}

// The send stays in out_ until its outcome is durable, so that a drain waits for that too.
void Sender::store(std::uint64_t send) {
  std::shared_ptr<const Ready> r;
  std::shared_ptr<const SendOutcome> o;
  int tries = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto it = out_.find(send);
    if (it == out_.end() || it->second.storing) return;
    it->second.storing = true;
    tries = it->second.tries++;
    r = it->second.ready;
    o = it->second.outcome;
  }
  RetryPolicy policy = options_.policy;
  policy.hold_in_doubt = r->account.in_doubt == "hold";
  if (r->reconciles) policy.doubt_wait = options_.doubt_wait;
  const Decision decision =
      o->status.ok() ? Decision{} : decide(o->status, r->entry.attempts, policy);
  const auto work = [this, r, o, decision](storage::Transaction& tx) {
    if (o->status.ok()) {
      store_accepted(tx, *r, o->accepted);
    } else {
      store_failed(tx, *r, o->status, decision);
    }
  };
  const auto done = [this, r, send, tries,
                     pause = decision.pause_account](const std::exception_ptr& failed) {
    if (failed && tries % kStoreLogged == 0) log_not_stored(*r, failed);
    stored(send, r->account.id, pause, !failed);
  };
  if (!o->status.ok() && tries == 0)
    log_.warn("message {} was not sent (try {}): {}{}{}", r->entry.message_id, r->outbound.attempt,
              o->status.provider_code(), o->status.provider_code().empty() ? "" : " ",
              o->status.message());
  if (!database_.writer().submit(work, done))
    done(std::make_exception_ptr(std::runtime_error("the writer takes nothing more")));
}

void Sender::log_not_stored(const Ready& ready, const std::exception_ptr& failed) const {
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& e) {
    log_.error("what came of message {} could not be stored, which is tried again: {}",
               ready.entry.message_id, e.what());
  }
}

void Sender::stored(std::uint64_t send, const std::string& account_id,
                    std::chrono::milliseconds pause, bool durable) {
  {
    const std::lock_guard lock(mutex_);
    const auto it = out_.find(send);
    if (it == out_.end()) return;
    if (durable) {
      if (it->second.counted) --pace_[account_id].in_flight;
      out_.erase(it);
      if (pause.count() > 0) pace_[account_id].paused_until = Clock::now() + pause;
    } else {
      it->second.storing = false;
      it->second.deadline = Clock::now() + kStoreAgain;
    }
    poked_ = true;
  }
  changed_.notify_all();
}

// What could not be stored. Until it is, no other host is to take it for abandoned.
void Sender::store_again(bool at_once) {
  std::vector<std::uint64_t> due;
  std::vector<std::int64_t> entries;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [send, out] : out_) {
      if (!out.outcome || out.storing || (!at_once && Clock::now() < out.deadline)) continue;
      due.push_back(send);
      entries.push_back(out.ready->entry.id);
    }
  }
  if (due.empty()) return;
  const auto renew = [this, entries](storage::Transaction& tx) {
    storage::outbox::renew(tx, options_.node, entries, lease_until(tx));
  };
  if (database_.many_writers())
    (void)database_.writer().submit(renew, [](const std::exception_ptr&) {});
  for (const std::uint64_t send : due) store(send);
}

// Nothing that a transport answers may keep the outcome itself from being stored.
bool Sender::may_have_id(storage::Transaction& tx, const Ready& r, const Accepted& answer) const {
  if (std::max(answer.provider_message_id.size(), answer.raw_id.size()) <= kLongestId &&
      storable(answer.provider_message_id) && storable(answer.raw_id) &&
      !storage::messages::known(tx, r.entry.account_id, answer.provider_message_id))
    return true;
  log_.error("message {} was accepted under an id that another one has, or that is none",
             r.entry.message_id);
  return false;
}

void Sender::store_accepted(storage::Transaction& tx, const Ready& r, const Accepted& answer) {
  const auto entry = storage::outbox::get(tx, r.entry.workspace_id, r.entry.id);
  auto m = storage::messages::get(tx, r.entry.workspace_id, r.entry.message_id);
  if (!entry || !m) return;
  storage::outbox::done(tx, r.entry.id);
  const std::string source = "plugin:" + r.account.transport;
  // Given up on meanwhile, as by a person who cancelled it: it was sent all the same.
  if (entry->state == "dead")
    if (auto opened = storage::messages::reopen(tx, m->workspace_id, m->id)) {
      append_status(tx, {source, now_ms(), {}}, {m->status, *opened});
      m = std::move(opened);
    }
  if (!answer.provider_message_id.empty() && !m->provider_message_id &&
      may_have_id(tx, r, answer)) {
    const auto raw = answer.raw_id.empty() ? std::nullopt : std::optional(answer.raw_id);
    storage::messages::set_provider_id(tx, m->id, answer.provider_message_id, raw);
    m->provider_message_id = answer.provider_message_id;
  }
  if (answer.confirmed) {
    const Origin origin{source, now_ms(), {}};
    if (auto change = storage::messages::apply_status(tx, *m, "sent", origin.occurred_at, {})) {
      append_status(tx, origin, *change);
      m = change->message;
    }
  }
  if (!answer.peer_address.empty() && answer.peer_address != r.outbound.to &&
      answer.peer_address.size() <= kLongestAddress && storable(answer.peer_address))
    if (auto contact = storage::contacts::get(tx, r.entry.workspace_id, r.entry.contact_id);
        contact && contact->address != answer.peer_address) {
      contact->address = answer.peer_address;
      storage::contacts::update(tx, *contact);
      append_contact(tx, "contact.updated", {source, 0, {}}, *contact);
    }
  if (m->provider_message_id) apply_early(tx, source, *m, *m->provider_message_id);
}

bool Sender::fail(storage::Transaction& tx, const storage::OutboxEntry& entry,
                  const storage::Message& message, const Origin& origin, const Status& why) {
  if (!storage::outbox::dead(tx, entry, text_of(why))) return false;
  if (auto change = storage::messages::apply_status(tx, message, "failed", origin.occurred_at,
                                                    error_json(why)))
    append_status(tx, origin, *change);
  return true;
}

// Nothing at all when the lease was lost: whoever has it now knows better.
void Sender::store_failed(storage::Transaction& tx, const Ready& r, const Status& why,
                          const Decision& d) {
  const Origin origin{"plugin:" + r.account.transport, now_ms(), {}};
  const int attempts = r.entry.attempts + (d.counted ? 1 : 0);
  const std::string text = text_of(why);
  // A status may have told meanwhile that the provider has it.
  const auto m = storage::messages::get(tx, r.entry.workspace_id, r.entry.message_id);
  if (!m || m->status != "pending") {
    storage::outbox::told(tx, r.entry);
    return;
  }
  bool ours = false;
  switch (d.what) {
    case Decision::What::again:
      ours = storage::outbox::requeue(tx, r.entry, attempts, now_ms() + d.delay.count(), text);
      break;
    case Decision::What::doubt:
      ours = doubt(tx, r.entry, attempts, text);
      break;
    case Decision::What::hold:
      ours = storage::outbox::hold(tx, r.entry, text);
      break;
    case Decision::What::fail:
      ours = fail(tx, r.entry, *m, origin, why);
      break;
  }
  if (!ours || !d.account_failed) return;
  auto account = storage::accounts::get_any(tx, r.account.id);
  if (!account || account->status == "failed") return;
  account->status = "failed";
  account->status_reason = text;
  storage::accounts::set_status(tx, account->id, "failed", text, std::nullopt);
  append_account_status(tx, origin, *account);
}

}  // namespace gardu::host
