// SPDX-License-Identifier: Apache-2.0
#include "outbox/sender.hpp"

#include <algorithm>

#include "base/time.hpp"
#include "event/types.hpp"
#include "storage/clock.hpp"

namespace gardu::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kBatch = 64;
constexpr milliseconds kLeaseSlack{30'000};  // beyond the send's own time limit
constexpr milliseconds kLongestSleep{5'000};
constexpr seconds kSweep{30};                // until what other hosts left is looked for
constexpr milliseconds kPaced{100};          // until an account's rate is looked at again
constexpr milliseconds kNotStored{1'000};    // until one is looked at again of which it is known
constexpr milliseconds kNoTransport{2'000};  // until it is looked for again

}  // namespace

Sender::Sender(storage::Database& database, FindTransport find, Options options, Logger log)
    : database_(database),
      find_(std::move(find)),
      options_(std::move(options)),
      log_(std::move(log)) {}

Sender::~Sender() { stop(); }

void Sender::start() {
  // Of a database of our own every lease is one of an earlier run.
  recover(!database_.many_writers(), options_.node);
  thread_ = std::thread([this] { loop(); });
}

void Sender::poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
  }
  changed_.notify_all();
}

std::size_t Sender::in_flight() const {
  const std::lock_guard lock(mutex_);
  return out_.size();
}

bool Sender::drain(milliseconds limit) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  changed_.notify_all();
  return changed_.wait_for(lock, limit, [this] { return out_.empty(); });
}

void Sender::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  store_again(true);  // the writer may yet take it
}

void Sender::loop() {
  std::unique_lock lock(mutex_);
  auto look = Clock::now();
  auto sweep = Clock::now() + kSweep;
  while (!stopping_) {
    const auto ready = [&] { return stopping_ || poked_; };
    changed_.wait_until(lock, look, ready);
    if (stopping_) return;
    poked_ = false;
    const bool draining = draining_;
    const bool doubts_over = doubts_due_ != 0 && doubts_due_ <= now_ms() + clock_ahead_;
    lock.unlock();
    try {
      expire();
      store_again(false);
      if (doubts_over || Clock::now() >= sweep) {
        recover(false, {});
        sweep = Clock::now() + kSweep;
      }
      std::vector<Ready> batch;
      if (!draining) batch = take();
      const bool full = !batch.empty();  // there may be more
      dispatch(std::move(batch));
      const auto due = database_.query(
          [](storage::Session& s) { return storage::outbox::next_due(s, now_ms()).value_or(0); });
      lock.lock();
      look = full ? Clock::now() : next_look(due);
    } catch (const std::exception& e) {
      log_.error("the outbox cannot be worked on: {}", e.what());
      lock.lock();
      look = Clock::now() + seconds(1);
    }
  }
}

// With mutex_ held: when to look again without being poked.
Sender::Clock::time_point Sender::next_look(std::int64_t next_due) {
  const auto now = Clock::now();
  auto at = now + kLongestSleep;
  for (const auto& [send, out] : out_)
    if (!out.storing) at = std::min(at, out.deadline);
  const std::int64_t doubts_due = doubts_due_ == 0 ? 0 : doubts_due_ - clock_ahead_;
  for (const std::int64_t due : {next_due, doubts_due})
    if (due != 0) at = std::min(at, now + milliseconds(std::max<std::int64_t>(due - now_ms(), 1)));
  // What is due but waits for its lane or for room in its account is poked for by a completion;
  // what waits for a pause or for the next second is not.
  for (const auto& [id, pace] : pace_)
    if (pace.paused_until > now) at = std::min(at, pace.paused_until);
  if (paced_) at = std::min(at, now + kPaced);
  return at;
}

// Whether the account has room for one more; counts it if so.
bool Sender::reserve(const std::string& account_id, const gardu_transport_info& info,
                     std::uint32_t taken) {
  const std::int64_t second = now_ms() / 1000;
  const std::lock_guard lock(mutex_);
  Pace& pace = pace_[account_id];
  if (pace.second != second) {
    pace.second = second;
    pace.sent = 0;
  }
  if (pace.in_flight + taken >= std::max(1U, info.max_in_flight)) return false;
  if (info.max_per_second != 0 && pace.sent >= info.max_per_second) {
    paced_ = true;
    return false;
  }
  ++pace.sent;
  return true;
}

// Accounts of which nothing can go out now: paused, or with all that their transport takes at once.
std::vector<std::string> Sender::busy_accounts() const {
  std::vector<std::string> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, pace] : pace_)
    if (Clock::now() < pace.paused_until || (pace.limit != 0 && pace.in_flight >= pace.limit))
      out.push_back(id);
  return out;
}

bool Sender::load(storage::Transaction& tx, Ready& r) {
  const auto account = storage::accounts::get_any(tx, r.entry.account_id);
  const auto contact = storage::contacts::get(tx, r.entry.workspace_id, r.entry.contact_id);
  if (!account || !contact) return false;
  r.account = *account;
  r.transport = find_(account->transport);
  r.outbound.to = contact->address;
  r.outbound.account_address = account->address;
  for (const auto& id : contact->identities)
    r.outbound.identities.push_back(
        {static_cast<gardu_identity_kind>(identity_kind(id.kind).value_or(GARDU_IDENTITY_OTHER)),
         id.value});
  r.outbound.attempt = static_cast<std::uint32_t>(r.entry.attempts) + 1;
  return true;
}

std::vector<Sender::Ready> Sender::take() {
  std::vector<Ready> batch;
  {
    const std::lock_guard lock(mutex_);
    paced_ = false;
  }
  database_.writer().run([&](storage::Transaction& tx) {
    batch.clear();
    const std::int64_t now = now_ms();
    storage::Lease lease;
    lease.now = now;
    lease.until = lease_until(tx);
    lease.holder = options_.node;
    lease.limit = kBatch;
    lease.blocked_accounts = busy_accounts();
    std::map<std::string, std::uint32_t> taken;
    for (auto& leased : storage::outbox::lease(tx, lease)) {
      Ready r;
      r.outbound.message = std::move(leased.message);
      r.entry = std::move(leased);
      if (!load(tx, r)) {
        storage::outbox::dead(tx, r.entry, "its account or contact is gone");
      } else if (!r.transport || !r.transport->running() || !r.transport->is_transport()) {
        storage::outbox::requeue(tx, r.entry, r.entry.attempts, now + kNoTransport.count(),
                                 "the transport " + r.account.transport + " is not running");
      } else if (is_out(r.entry.id, true)) {
        // Sent before, as a late answer has told, which is not stored yet.
        storage::outbox::requeue(tx, r.entry, r.entry.attempts, now + kNotStored.count(),
                                 r.entry.last_error);
      } else if (!reserve(r.account.id, r.transport->transport(), taken[r.account.id])) {
        storage::outbox::requeue(tx, r.entry, r.entry.attempts, now, r.entry.last_error);
      } else {
        ++taken[r.account.id];
        batch.push_back(std::move(r));
      }
    }
  });
  return batch;
}

void Sender::dispatch(std::vector<Ready> batch) {
  for (Ready& one : batch) {
    // What waits for the answer does not keep the transport, which keeps what waits.
    const auto transport = std::exchange(one.transport, nullptr);
    one.reconciles = reconciles(*transport);
    const auto r = std::make_shared<const Ready>(std::move(one));
    std::uint64_t send = 0;
    {
      const std::lock_guard lock(mutex_);
      Pace& pace = pace_[r->account.id];
      ++pace.in_flight;
      pace.limit = std::max(1U, transport->transport().max_in_flight);
      send = ++sends_;
      out_.emplace(send, Out{r, Clock::now() + options_.send_timeout, {}, false, 0, true});
    }
    if (!transport->send(r->outbound,
                         [this, send, r](SendOutcome o) { finish(send, r, std::move(o)); }))
      finish(send, r, {Status::not_connected("the transport takes nothing at the moment"), {}});
  }
}

void Sender::expire() {
  std::vector<std::pair<std::uint64_t, std::shared_ptr<const Ready>>> late;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [send, out] : out_)
      if (!out.outcome && out.deadline <= Clock::now()) late.emplace_back(send, out.ready);
  }
  for (const auto& [send, ready] : late)
    finish(send, ready, {Status::timeout("the transport did not answer in time"), {}});
}

bool Sender::is_out(std::int64_t entry, bool accepted) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(out_.begin(), out_.end(), [&](const auto& one) {
    const Out& out = one.second;
    return out.ready->entry.id == entry && (!accepted || (out.outcome && out.outcome->status.ok()));
  });
}

std::int64_t Sender::lease_until(storage::Transaction& tx) const {
  return storage::clock_ms(tx) + (options_.send_timeout + kLeaseSlack).count();
}

}  // namespace gardu::host
