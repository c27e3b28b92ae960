// SPDX-License-Identifier: Apache-2.0
#include "journal/follower.hpp"

#include <limits>
#include <utility>

namespace gardu::host {
namespace {

constexpr int kAtOnce = 256;
constexpr std::chrono::seconds kAfterFailure{1}, kMissing{1};

}  // namespace

JournalFollower::JournalFollower(EventFeed& feed, EventFeed::ReadJournal read,
                                 std::chrono::milliseconds every)
    : feed_(feed), read_(std::move(read)), every_(every) {
  if (every_.count() > 0) thread_ = std::thread([this] { loop(); });
}

JournalFollower::~JournalFollower() { stop(); }

void JournalFollower::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// Whether to go on without an entry that later ones are seen without: it was deleted with its
// workspace. Where other hosts write, a moment is left to it to be seen after all.
bool JournalFollower::passes(std::int64_t missing) {
  const auto now = std::chrono::steady_clock::now();
  if (missing != missing_) missing_since_ = now;
  missing_ = missing;
  return every_.count() == 0 || now - missing_since_ >= kMissing;
}

// Publishes what the journal has after the feed's newest and before `up_to`. False: it could not be
// read, and nothing later may be published yet.
bool JournalFollower::fill(std::int64_t up_to) {
  try {
    while (feed_.newest() + 1 < up_to) {
      auto entries = read_(feed_.newest(), kAtOnce);
      const bool all = entries.size() < kAtOnce;
      std::vector<EventRef> events;
      for (std::int64_t next = feed_.newest() + 1; auto& e : entries) {
        if (e.seq >= up_to || (e.seq != next && !passes(next))) break;
        next = e.seq + 1;
        events.push_back(EventBlock::followed(std::move(e)));
      }
      const bool more = !all && events.size() == entries.size();
      if (!events.empty()) feed_.publish(std::move(events));
      if (!more) return true;
    }
    return true;
  } catch (const std::exception&) {
    return false;  // the database is away, which its health tells; later, then
  }
}

void JournalFollower::committed(std::vector<storage::JournalEntry> entries) {
  if (entries.empty()) return;
  const std::lock_guard lock(publishing_);
  // Else they are read from the journal with the others.
  const std::int64_t first = entries.front().seq;
  if (!fill(first)) return;
  const std::int64_t newest = feed_.newest();
  if (newest + 1 < first && !passes(newest + 1)) return;
  std::vector<EventRef> events;
  events.reserve(entries.size());
  for (auto& e : entries)
    if (e.seq > newest) events.push_back(EventBlock::committed(std::move(e)));  // or seen already
  feed_.publish(std::move(events));
}

void JournalFollower::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    bool fine = true;
    {
      const std::lock_guard publishing(publishing_);
      fine = fill(std::numeric_limits<std::int64_t>::max());
    }
    lock.lock();
    changed_.wait_for(lock, fine ? every_ : kAfterFailure, [this] { return stopping_; });
  }
}

}  // namespace gardu::host
