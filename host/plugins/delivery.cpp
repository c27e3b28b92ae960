// SPDX-License-Identifier: Apache-2.0
#include "plugins/delivery.hpp"

#include <algorithm>

#include "base/time.hpp"

namespace gardu::host {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kDefaultBatch = 64;
constexpr std::int64_t kIdleCursorStep = 1000;  // seqs without a wanted event before it is saved
constexpr int kDueAtOnce = 16;
constexpr milliseconds kDatabaseAway{500};
// Of a durable subscriber that several hosts have: how long one may be silent before another takes
// over, how often it says that it is there, and how often the others look.
constexpr milliseconds kLease{6'000}, kRenew{2'000}, kLook{1'000};

enum class Class { passing, counted, final };

Class class_of(std::int32_t status) {
  switch (status) {
    case GARDU_THROTTLED:
    case GARDU_NOT_CONNECTED:
    case GARDU_FULL:
      return Class::passing;
    case GARDU_REJECTED:
    case GARDU_INVALID:
    case GARDU_AUTH:
    case GARDU_UNSUPPORTED:
    case GARDU_NOT_FOUND:
    case GARDU_UNCONFIGURED:
    case GARDU_FORBIDDEN:
      return Class::final;
    default:
      return Class::counted;
  }
}

// Order is kept within a conversation, else within the account, else within the workspace.
std::string lane_of(const EventRef& event) {
  const storage::JournalEntry& e = event->entry();
  return e.contact_id.value_or(e.account_id.value_or(e.workspace_id));
}

milliseconds doubled(milliseconds first, std::uint32_t times, milliseconds most) {
  return std::min(most, milliseconds(first.count() * (1LL << std::min(times, 20U))));
}

}  // namespace

bool Delivery::Outcome::fine() const {
  return status.ok() &&
         std::all_of(results.begin(), results.end(), [](auto r) { return r == GARDU_OK; });
}

Delivery::Delivery(Plugin plugin, const gardu_manifest& manifest, Limits limits)
    : plugin_(std::move(plugin)),
      durable_(manifest.delivery == GARDU_DELIVERY_DURABLE),
      types_(manifest.subscribes),
      batch_(manifest.max_batch == 0 ? kDefaultBatch : manifest.max_batch),
      limits_(limits) {}

void Delivery::start() {
  std::int64_t after = -1;
  if (durable_) {
    // The first start begins at the present; from then on the cursor says where.
    after = plugin_.services.data().cursor(plugin_.id).value_or(-1);
    const auto lanes = plugin_.services.data().backlog_lanes(plugin_.id);
    lanes_ = {lanes.begin(), lanes.end()};
  }
  auto subscription = plugin_.services.feed().subscribe(types_, after, plugin_.wake);
  committed_ = subscription->seen();
  if (durable_ && after < 0) {
    committed_ = plugin_.services.data().cursor_from(plugin_.id, committed_);
    if (committed_ != subscription->seen()) subscription->rewind(committed_);
  }
  const std::lock_guard lock(mutex_);
  subscription_ = std::move(subscription);
}

Delivery::Info Delivery::info() const {
  Info out;
  out.events = events_.load(std::memory_order_relaxed);
  out.failed = failures_.load(std::memory_order_relaxed);
  out.breaker_open = open_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (!subscription_) return out;
  out.lag = subscription_->lag();
  out.dropped = subscription_->dropped();
  return out;
}

void Delivery::replay_after(std::int64_t seq) {
  Effects back;
  back.cursor = seq;
  back.after = committed_;
  plugin_.services.data().commit(plugin_.id, std::move(back), nullptr);
  subscription_->rewind(committed_, false);  // what was polled and not committed counts as not had
  subscription_->rewind(seq, true);
  committed_ = seq;
}

void Delivery::look_again() {
  look_ = true;
  plugin_.wake();
}

void Delivery::forget() {
  if (subscription_ && durable_) subscription_->rewind(committed_);
}

void Delivery::pause(milliseconds time) {
  pause_until_ = Clock::now() + time;
  plugin_.wake_after(time);
}

bool Delivery::work() {
  if (!subscription_ || Clock::now() < pause_until_) return false;
  try {
    return step();
  } catch (const std::exception& e) {
    // The database: nothing of it happened, so the same comes again; one by one, for all of it may
    // be more than a transaction has the time for.
    plugin_.note_error(e.what());
    if (durable_) {
      subscription_->rewind(committed_);
      singly_ = batch_;
      leased_until_ = renew_at_ = {};  // another host may have gone on: its cursor counts
    }
    look_ = true;
    pause(kDatabaseAway);
    return false;
  }
}

Delivery::~Delivery() {
  try {
    if (durable_ && leased_until_ > Clock::now()) plugin_.services.data().release(plugin_.id);
  } catch (const std::exception& e) {
    plugin_.note_error(e.what());  // it runs out by itself
  }
}

// Whether this host delivers. One that has just got the lease goes on from where the other came to.
bool Delivery::leased() {
  if (!plugin_.services.data().shared()) return true;
  const auto now = Clock::now();
  if (now < renew_at_) return true;
  if (now < look_at_) return false;  // not with each event: a look is a transaction
  const bool had = now < leased_until_;
  if (!plugin_.services.data().lease(plugin_.id, kLease)) {
    leased_until_ = {};
    look_at_ = now + kLook;
    subscription_->rewind(committed_);  // the ring keeps nothing for whoever only stands by
    plugin_.wake_after(kLook);
    return false;
  }
  leased_until_ = now + kLease;
  renew_at_ = now + kRenew;
  plugin_.wake_after(kRenew);
  if (had) return true;
  committed_ = plugin_.services.data().cursor(plugin_.id).value_or(committed_);
  subscription_->rewind(committed_);
  look_ = true;
  return true;
}

bool Delivery::step() {
  PluginCode* const code = plugin_.code();
  if (code == nullptr || (durable_ && !leased())) return false;
  if (durable_ && retry_backlog()) return Clock::now() >= pause_until_;
  const bool probing = open_.load(std::memory_order_relaxed);
  const auto events = subscription_->poll(probing || singly_ > 0 ? 1 : batch_);
  singly_ -= std::min(singly_, events.size());
  if (!events.empty()) {
    deliver(*code, events);
  } else if (durable_ && subscription_->seen() - committed_ >= kIdleCursorStep) {
    commit(nullptr, {});
  }
  return subscription_->pending() && Clock::now() >= pause_until_;
}

Delivery::Outcome Delivery::call(PluginCode& code, const std::vector<EventRef>& events,
                                 Unit* unit) {
  Outcome out;
  out.results.assign(events.size(), GARDU_OK);
  const auto run = [&] {
    plugin_.hook(events.front()->view().seq);
    out.status = code.on_events(events, out.results, out.why);
    plugin_.hook(std::nullopt);
  };
  if (unit != nullptr) {
    plugin_.within(*unit, run);
  } else {
    run();
  }
  events_.fetch_add(events.size(), std::memory_order_relaxed);
  out.died = !plugin_.lives();
  if (!out.status.ok()) out.why = "on_events failed: " + out.status.message();
  if (out.fine()) return out;
  const auto bad =
      std::find_if(out.results.begin(), out.results.end(), [](auto r) { return r != GARDU_OK; });
  const auto at = bad == out.results.end() ? 0 : bad - out.results.begin();
  const EventRef& event = events[static_cast<std::size_t>(at)];
  if (out.why.empty()) out.why = "answered with status " + std::to_string(*bad);
  out.why += " (event " + event->entry().id + ", seq " + std::to_string(event->view().seq) + ")";
  return out;
}

void Delivery::deliver(PluginCode& code, const std::vector<EventRef>& events) {
  if (durable_) return deliver_durable(code, events);
  const Outcome outcome = call(code, events, nullptr);
  if (outcome.fine()) return succeeded();
  plugin_.note_error(outcome.why);
  count_failure(outcome.why);
}

std::unique_ptr<Unit> Delivery::make_unit() const {
  return std::make_unique<Unit>([this] { return plugin_.services.data().begin(); });
}

void Delivery::deliver_durable(PluginCode& code, const std::vector<EventRef>& events) {
  Effects held;  // what stands behind an event that waits, waits with it
  std::vector<EventRef> ready;
  for (const EventRef& e : events) {
    if (e->view().seq != 0 && lanes_.count(lane_of(e)) != 0) {
      storage::BacklogEntry entry;
      entry.seq = e->view().seq;
      entry.lane = lane_of(e);
      held.put.push_back(std::move(entry));
    } else {
      ready.push_back(e);
    }
  }
  if (ready.empty()) return commit(nullptr, std::move(held));
  auto unit = make_unit();
  const Outcome outcome = call(code, ready, unit.get());
  if (outcome.fine()) {
    unit->effects.put = std::move(held.put);
    commit(unit.get(), std::move(unit->effects));
    return succeeded();
  }
  unit->effects.undone(Status::retry("the event is handled again"));
  unit.reset();  // undone in the database too, before anything else is stored
  plugin_.note_error(outcome.why);
  if (ready.size() > 1) {
    // None of it happened. One by one, so that the others' effects do not depend on the bad one.
    subscription_->rewind(committed_);
    singly_ = events.size();
    return;
  }
  if (ready.front()->view().seq != 0) {
    held.put.push_back(failed(ready.front(), outcome, 0));
    take_in(held.put.back());
  }
  commit(nullptr, std::move(held));
  count_failure(outcome.why);
}

storage::BacklogEntry Delivery::failed(const EventRef& event, const Outcome& outcome,
                                       int attempts_before) const {
  const std::int32_t status = outcome.status.ok() ? outcome.results.front() : outcome.status.code();
  const Class how = class_of(status);
  storage::BacklogEntry entry;
  entry.plugin = plugin_.id;
  entry.seq = event->view().seq;
  entry.lane = lane_of(event);
  entry.attempts = attempts_before + (how == Class::passing ? 0 : 1);
  entry.error = outcome.why;
  // What ended the plugin's process is not shown to it again unasked.
  const bool park = how == Class::final || outcome.died || entry.attempts >= limits_.attempts;
  entry.state = park ? "parked" : "waiting";
  const auto times = static_cast<std::uint32_t>(std::max(entry.attempts, 1) - 1);
  entry.updated_at = now_ms();
  if (!park)
    entry.not_before =
        entry.updated_at + doubled(limits_.first_pause, times, limits_.longest_pause).count();
  return entry;
}

// The lane's next event is looked at when this one's time has come.
void Delivery::take_in(const storage::BacklogEntry& entry) {
  if (entry.state == "waiting") lanes_.insert(entry.lane);
  look_ = true;
}

void Delivery::commit(Unit* unit, Effects effects) {
  const std::int64_t seen = subscription_->seen();
  effects.cursor = seen;
  effects.after = committed_;
  for (auto& entry : effects.put) entry.plugin = plugin_.id;
  plugin_.services.data().commit(plugin_.id, std::move(effects),
                                 unit != nullptr ? unit->transaction() : nullptr);
  committed_ = seen;
}

void Delivery::look_for_due() {
  look_ = false;
  const auto due = plugin_.services.data().backlog_next_due(plugin_.id);
  next_due_ = due ? std::max<std::int64_t>(*due, 1) : 0;
  const auto lanes = plugin_.services.data().backlog_lanes(plugin_.id);
  lanes_ = {lanes.begin(), lanes.end()};
  if (!due) return;
  if (const auto left = next_due_ - now_ms(); left > 0) {
    plugin_.wake_after(milliseconds(left));
  }
}

// True: something was done.
bool Delivery::retry_backlog() {
  if (look_) look_for_due();
  if (next_due_ == 0 || next_due_ > now_ms()) return false;
  look_ = true;
  const bool probing = open_.load(std::memory_order_relaxed);
  const auto due = plugin_.services.data().backlog_due(plugin_.id, probing ? 1 : kDueAtOnce);
  for (const auto& entry : due) {
    PluginCode* const code = plugin_.code();
    if (code == nullptr || Clock::now() < pause_until_) break;
    retry(*code, entry);
  }
  return !due.empty();
}

void Delivery::retry(PluginCode& code, const storage::BacklogEntry& entry) {
  const EventRef event = plugin_.services.data().event_at(entry.seq);
  Effects effects;
  effects.done.push_back(entry.seq);
  if (!event) return commit(nullptr, std::move(effects));  // retention has taken it
  auto unit = make_unit();
  const Outcome outcome = call(code, {event}, unit.get());
  if (outcome.fine()) {
    unit->effects.done.push_back(entry.seq);
    commit(unit.get(), std::move(unit->effects));
    return succeeded();
  }
  unit->effects.undone(Status::retry("the event is handled again"));
  unit.reset();
  plugin_.note_error(outcome.why);
  Effects again;
  again.put.push_back(failed(event, outcome, entry.attempts));
  take_in(again.put.back());
  commit(nullptr, std::move(again));
  count_failure(outcome.why);
}

void Delivery::succeeded() {
  in_a_row_ = 0;
  pauses_ = 0;
  if (open_.exchange(false)) plugin_.breaker(false, {});
}

void Delivery::count_failure(const std::string& why) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (++in_a_row_ < limits_.breaker) return;
  pause(doubled(limits_.first_pause, pauses_++, limits_.longest_pause));
  if (!open_.exchange(true)) plugin_.breaker(true, why);
}

}  // namespace gardu::host
