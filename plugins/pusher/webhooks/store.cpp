// SPDX-License-Identifier: Apache-2.0
//
// Whatever waits when the writer is free goes in one group: few big writes when the database is
// slow or the events are many, and none at all for what was delivered meanwhile.
#include "webhooks/store.hpp"

#include <algorithm>
#include <set>
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

}  // namespace

DbWebhookStore::DbWebhookStore(const Host& host, std::string node, Found found, WebhookTimes times)
    : host_(host), rows_(host, std::move(node)), found_(std::move(found)), times_(times) {}
DbWebhookStore::~DbWebhookStore() { stop(0); }

std::vector<StoredEvent> DbWebhookStore::start(Millis& left_at) {
  rows_.migrate();
  std::vector<StoredEvent> out = rows_.own(left_at);
  written_ = static_cast<int64_t>(out.size());
  rows_.beat();
  const auto now = Clock::now();
  next_beat_ = now + times_.beat;
  next_watch_ = now;
  thread_ = std::thread([this] { run(); });
  return out;
}

void DbWebhookStore::stop(Millis now) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  Puts puts = std::move(puts_);
  std::vector<std::string> erases = std::move(erases_);
  if (!write(puts, erases)) return;
  try {
    rows_.beat(now);
  } catch (const Failure& failure) {
    report(failure.status());
  }
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
  if (puts_.erase(id) != 0) return;
  if (erases_.empty()) {
    erase_at_ = Clock::now() + kErasePause;
    wake_.notify_one();
  }
  erases_.push_back(std::move(id));
}

DbWebhookStore::Steady DbWebhookStore::next_turn() const {
  Steady at = next_watch_;
  if (written_ > 0) at = std::min(at, next_beat_);
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
    lock.unlock();
    const bool written = write(puts, erases);
    if (written && Clock::now() >= next_watch_) watch();
    lock.lock();
    if (!written) keep_unwritten(std::move(puts), std::move(erases));
  }
}

void DbWebhookStore::keep_unwritten(Puts puts, std::vector<std::string> erases) {
  retry_at_ = Clock::now() + kRetryPause;
  next_beat_ = next_watch_ = std::max(next_watch_, retry_at_);
  // Erased meanwhile. It may have been written all the same, if the end of that was not seen.
  for (const std::string& id : erases_) puts.erase(id);
  puts_.merge(puts);
  erases_.insert(erases_.end(), std::make_move_iterator(erases.begin()),
                 std::make_move_iterator(erases.end()));
}

bool DbWebhookStore::write(Puts& puts, std::vector<std::string>& erases) {
  try {
    do {
      write_some(puts, erases);
    } while (!puts.empty() || !erases.empty());
    if (std::exchange(failing_, false)) host_.info("webhook events are stored again");
    return true;
  } catch (const Failure& failure) {
    report(failure.status());
    return false;
  }
}

void DbWebhookStore::write_some(Puts& puts, std::vector<std::string>& erases) {
  std::vector<const StoredEvent*> group;
  auto end = puts.begin();
  for (size_t bytes = 0; end != puts.end() && group.size() < kMostRows && bytes < kMostBytes;
       ++end) {
    bytes += end->second.json.size();
    group.push_back(&end->second);
  }
  const size_t gone = std::min(erases.size(), kMostRows);
  const bool beat = Clock::now() >= next_beat_ && (written_ > 0 || !group.empty());
  if (group.empty() && gone == 0 && !beat) return;
  rows_.change(group, std::span(erases).first(gone), beat);
  if (beat) next_beat_ = Clock::now() + times_.beat;
  written_ += static_cast<int64_t>(group.size()) - static_cast<int64_t>(gone);
  puts.erase(puts.begin(), end);
  erases.erase(erases.begin(), erases.begin() + static_cast<ptrdiff_t>(gone));
}

// A node is gone when its heartbeat stands still for longer than it ever does, by this node's own
// clock: nobody's clock is compared with another's.
void DbWebhookStore::watch() {
  const auto now = Clock::now();
  next_watch_ = now + times_.watch;
  try {
    const auto others = rows_.others();
    std::set<std::string> present;
    for (const auto& [node, beat] : others) {
      present.insert(node);
      const auto [it, fresh] = seen_.try_emplace(node, Sighting{beat, now});
      if (!fresh && it->second.beat != beat) it->second = {beat, now};
      if (now - it->second.since < times_.silence) continue;
      auto events = rows_.take_over(node);
      written_ += static_cast<int64_t>(events.size());
      if (events.empty()) continue;
      host_.info("took over " + std::to_string(events.size()) +
                 " webhook events of a node that is gone");
      found_(std::move(events));
    }
    std::erase_if(seen_, [&](const auto& entry) { return !present.contains(entry.first); });
  } catch (const Failure& failure) {
    report(failure.status());
  }
}

void DbWebhookStore::report(const Status& status) {
  if (!std::exchange(failing_, true))
    host_.warn("webhook events cannot be stored for now and would not survive a restart: " +
               std::string(status.message()));
}

}  // namespace gardu::pusher
