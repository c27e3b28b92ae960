// SPDX-License-Identifier: Apache-2.0
// The sender's second half: what came of a send, stored.
#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "journal/events.hpp"
#include "journal/statuses.hpp"
#include "outbox/sender.hpp"

namespace gardu::host {
namespace {

std::string error_json(const Status& why) {
  return nlohmann::json{{"code", why.provider_code()},
                        {"title", why.title()},
                        {"detail", why.message()},
                        {"retryable", false}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string text_of(const Status& why) {
  return why.provider_code().empty() ? why.message() : why.provider_code() + " " + why.message();
}

}  // namespace

// The entry stays in out_ until the outcome is durable, so that a drain waits for that too.
void Sender::store(Ready ready, SendOutcome outcome) {
  const auto r = std::make_shared<const Ready>(std::move(ready));
  const auto o = std::make_shared<const SendOutcome>(std::move(outcome));
  RetryPolicy policy = options_.policy;
  policy.hold_in_doubt = r->account.in_doubt == "hold";
  if (reconciles(*r->transport)) policy.doubt_wait = options_.doubt_wait;
  const Decision decision =
      o->status.ok() ? Decision{} : decide(o->status, r->entry.attempts, policy);
  const auto work = [this, r, o, decision](storage::Transaction& tx) {
    if (o->status.ok()) {
      store_accepted(tx, *r, o->accepted);
    } else {
      store_failed(tx, *r, o->status, decision);
    }
  };
  const auto done = [this, r, o, decision](const std::exception_ptr& failed) {
    if (failed) {
      try {
        std::rethrow_exception(failed);
      } catch (const std::exception& e) {
        // The lease runs out, and the entry is looked at again.
        log_.error("what came of message {} could not be stored: {}", r->entry.message_id,
                   e.what());
      }
    }
    {
      const std::lock_guard lock(mutex_);
      if (out_.erase(r->entry.id) != 0) --pace_[r->account.id].in_flight;
      if (decision.pause_account.count() > 0)
        pace_[r->account.id].paused_until = Clock::now() + decision.pause_account;
      poked_ = true;
    }
    changed_.notify_all();
  };
  if (!o->status.ok())
    log_.warn("message {} was not sent (try {}): {}{}{}", r->entry.message_id, r->outbound.attempt,
              o->status.provider_code(), o->status.provider_code().empty() ? "" : " ",
              o->status.message());
  if (!database_.writer().submit(work, done))
    done(std::make_exception_ptr(std::runtime_error("the writer takes nothing more")));
}

void Sender::store_accepted(storage::Transaction& tx, const Ready& r, const Accepted& answer) {
  storage::outbox::done(tx, r.entry.id);
  auto m = storage::messages::get(tx, r.entry.workspace_id, r.entry.message_id);
  if (!m) return;
  const std::string source = "plugin:" + r.account.transport;
  if (!answer.provider_message_id.empty() && !m->provider_message_id) {
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
  if (!answer.peer_address.empty() && answer.peer_address != r.outbound.to)
    if (auto contact = storage::contacts::get(tx, r.entry.workspace_id, r.entry.contact_id)) {
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
