// SPDX-License-Identifier: Apache-2.0
//
// Whatever waits when the writer is free goes in one group: few big writes when the database is
// slow or the events are many, and none at all for what was delivered meanwhile.
#include "webhooks/store.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace gardu::pusher {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// Of one transaction: the gateway's own writes wait for it where there is one writer.
constexpr size_t kMostRows = 256;
constexpr size_t kMostBytes = size_t{512} << 10U;
// What was delivered may stay a moment longer: after a crash it is told twice at worst.
constexpr milliseconds kErasePause{200};
constexpr seconds kRetryPause{1};
constexpr size_t kMostErases = 100'000;  // that wait for a database that is away
constexpr std::chrono::hours kSweepPause{1};

}  // namespace

DbWebhookStore::DbWebhookStore(const Host& host, std::string node, Found found, WebhookTimes times)
    : host_(host), rows_(host, std::move(node)), found_(std::move(found)), times_(times) {}
DbWebhookStore::~DbWebhookStore() { stop(); }

std::vector<StoredEvent> DbWebhookStore::start(Millis& left_at) {
  rows_.migrate();
  std::vector<StoredEvent> out = rows_.own(left_at);
  rows_.change({}, {}, 0);
  const auto now = Clock::now();
  next_beat_ = now + times_.beat;
  next_watch_ = now;
  thread_ = std::thread([this] { run(); });
  return out;
}

void DbWebhookStore::leave(Millis now) {
  {
    const std::lock_guard lock(mutex_);
    left_at_ = now;
    say_left_ = true;
  }
  wake_.notify_one();
}

void DbWebhookStore::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  Puts puts = std::move(puts_);
  std::vector<std::string> erases = std::move(erases_);
  next_beat_ = {};
  write(puts, erases, left_at_);
}

void DbWebhookStore::put(StoredEvent event) {
  {
    const std::lock_guard lock(mutex_);
    std::string id = event.id;
    puts_.insert_or_assign(std::move(id), std::move(event));
  }
  wake_.notify_one();
}

void DbWebhookStore::erase(std::string id) {
  const std::lock_guard lock(mutex_);
  if (const auto put = puts_.find(id); put != puts_.end()) {
    const bool stored = put->second.stored;
    puts_.erase(put);
    if (!stored) return;
  }
  if (erases_.empty()) {
    erase_at_ = Clock::now() + kErasePause;
    wake_.notify_one();
  }
  erases_.push_back(std::move(id));
}

DbWebhookStore::Steady DbWebhookStore::next_turn() const {
  Steady at = std::min(next_watch_, next_beat_);
  if (say_left_) at = std::min(at, retry_at_);
  if (!puts_.empty()) at = std::min(at, retry_at_);
  if (!erases_.empty()) at = std::min(at, std::max(erase_at_, retry_at_));
  return at;
}

void DbWebhookStore::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (const Steady at = next_turn(); Clock::now() < at) {
      wake_.wait_until(lock, at);
      continue;
    }
    Puts puts = std::exchange(puts_, {});
    std::vector<std::string> erases = std::exchange(erases_, {});
    const Millis left_at = left_at_;
    if (std::exchange(say_left_, false)) next_beat_ = {};
    lock.unlock();
    const bool written = write(puts, erases, left_at);
    if (written && left_at == 0 && Clock::now() >= next_watch_) watch();
    lock.lock();
    if (!written) keep_unwritten(std::move(puts), std::move(erases));
  }
}

void DbWebhookStore::keep_unwritten(Puts puts, std::vector<std::string> erases) {
  for (const std::string& id : erases_) puts.erase(id);
  // It may have been written all the same, if the end of that was not seen.
  for (auto& entry : puts) entry.second.stored = true;
  puts_.merge(puts);
  erases_.insert(erases_.begin(), std::make_move_iterator(erases.begin()),
                 std::make_move_iterator(erases.end()));
  // Beyond that the oldest are delivered again after a restart, if they are not too old by then.
  if (erases_.size() > kMostErases)
    erases_.erase(erases_.begin(), erases_.end() - static_cast<ptrdiff_t>(kMostErases));
}

bool DbWebhookStore::write(Puts& puts, std::vector<std::string>& erases, Millis left_at) {
  try {
    do {
      write_some(puts, erases, left_at);
    } while (!puts.empty() || !erases.empty());
    return true;
  } catch (const Failure& failure) {
    failed(failure.status());
    return false;
  }
}

void DbWebhookStore::write_some(Puts& puts, std::vector<std::string>& erases, Millis left_at) {
  std::vector<const StoredEvent*> group;
  auto end = puts.begin();
  for (size_t bytes = 0; end != puts.end() && group.size() < kMostRows && bytes < kMostBytes;
       ++end) {
    bytes += end->second.json.size();
    group.push_back(&end->second);
  }
  const size_t gone = std::min(erases.size(), kMostRows);
  const std::span<const std::string> erased = std::span(erases).first(gone);
  std::optional<Millis> beat;
  if (Clock::now() >= next_beat_) beat = left_at;
  if (group.empty() && gone == 0 && !beat) return;
  try {
    rows_.change(group, erased, beat);
  } catch (const Failure& failure) {
    if (failure.status().code() != GARDU_INVALID || group.empty()) throw;
    rows_.change({}, erased, left_at);  // when that is refused, too, it is not for a row's sake
    write_singly(group, failure.status());
  }
  if (beat) next_beat_ = Clock::now() + times_.beat;
  puts.erase(puts.begin(), end);
  erases.erase(erases.begin(), erases.begin() + static_cast<ptrdiff_t>(gone));
  if (std::exchange(failing_, false)) host_.info("webhook events are stored again");
}

// One that the database will never take must not keep the others out of it.
void DbWebhookStore::write_singly(std::span<const StoredEvent* const> group,
                                  const Status& why) const {
  size_t refused = 0;
  for (const StoredEvent* event : group) try {
      rows_.change(std::span(&event, 1), {}, std::nullopt);
    } catch (const Failure& failure) {
      if (failure.status().code() != GARDU_INVALID) throw;
      ++refused;
    }
  if (refused != 0)
    host_.warn(std::to_string(refused) +
               " webhook events are not stored, as the database refuses them: " +
               std::string(why.message()));
}

// A node is gone when its heartbeat stands still for longer than it ever does, by this node's own
// clock: nobody's clock is compared with another's. While this node could not look, the others may
// not have been able to write, so what it saw before is worth nothing.
void DbWebhookStore::watch() {
  const auto now = Clock::now();
  if (now - next_watch_ >= times_.silence - times_.watch - times_.beat) seen_.clear();
  next_watch_ = now + times_.watch;
  try {
    adopt_claimed();
    look_at_others(now);
    if (now < next_sweep_) return;
    next_sweep_ = now + kSweepPause;
    rows_.forget_nodes();
  } catch (const Failure& failure) {
    failed(failure.status());
  }
}

void DbWebhookStore::look_at_others(Steady now) {
  std::set<std::string> present;
  for (const auto& [node, beat] : rows_.others()) {
    present.insert(node);
    const auto [it, fresh] = seen_.try_emplace(node, Sighting{beat, now});
    if (!fresh && it->second.beat != beat) it->second = {beat, now};
    if (now - it->second.since < times_.silence) continue;
    claims_.push_back(rows_.new_claim());
    rows_.take_over(node, claims_.back());
    adopt_claimed();
  }
  std::erase_if(seen_, [&](const auto& entry) { return !present.contains(entry.first); });
}

// Also what was claimed when the connection broke, and nobody knew whether that happened.
void DbWebhookStore::adopt_claimed() {
  for (; !claims_.empty(); claims_.pop_back()) {
    auto events = rows_.read(claims_.back());
    if (events.empty()) continue;
    host_.info("took over " + std::to_string(events.size()) +
               " webhook events of a node that is gone");
    found_(std::move(events));
  }
}

// All come back at the same moment, and say first that they live.
void DbWebhookStore::failed(const Status& status) {
  seen_.clear();
  next_beat_ = retry_at_ = Clock::now() + kRetryPause;
  next_watch_ = std::max(next_watch_, retry_at_);
  if (!std::exchange(failing_, true))
    host_.warn("webhook events cannot be stored for now and would not survive a restart: " +
               std::string(status.message()));
}

}  // namespace gardu::pusher
