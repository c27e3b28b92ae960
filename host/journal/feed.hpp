// SPDX-License-Identifier: Apache-2.0
//
// The feed: committed events, in journal order, to whoever subscribed. One ring of the newest
// events serves all; each subscriber has its own place in it. One that falls behind the ring reads
// what it missed from the journal, so memory is bounded and nothing journaled is ever skipped;
// ephemeral events that it missed are gone, and counted.
//
// Threads: publish from one thread at a time per kind (the writer for journaled, any for
// ephemeral); a Subscription is used by one thread at a time.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "event/event.hpp"

namespace gardu::host {

class EventFeed {
 public:
  // Up to `limit` entries with a greater seq, oldest first. Blocks on the database; may throw.
  using ReadJournal =
      std::function<std::vector<storage::JournalEntry>(std::int64_t after_seq, int limit)>;

  class Subscription {
   public:
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    // The next events of the wanted types, at most `max`; empty when there are none for now. May
    // read the journal, and throws what that throws.
    std::vector<EventRef> poll(std::size_t max);
    // True when poll has something to look at.
    bool pending() const;
    // The seq up to which everything was polled, wanted or not.
    std::int64_t seen() const { return seen_; }
    // Goes back (or ahead) to right after `seq`; poll reads on from there. `replay`: those up to
    // where it was come marked as read back from the journal.
    void rewind(std::int64_t seq, bool replay = false);
    // How far behind the newest committed seq this is, and how many ephemeral events left the ring
    // before they were polled, and are lost to it.
    std::int64_t lag() const;
    std::uint64_t dropped() const;

   private:
    friend class EventFeed;
    Subscription(EventFeed& feed, std::uint64_t types, std::function<void()> wake);
    std::vector<EventRef> catch_up(std::size_t max, std::int64_t ring_first, std::int64_t newest);
    void take_up_ring();

    EventFeed& feed_;
    const std::uint64_t types_;
    const std::function<void()> wake_;
    std::uint64_t position_ = 0;  // index in the feed's count of all events
    std::int64_t seen_ = 0;
    std::int64_t replay_until_ = 0;  // up to here from the journal, whatever the ring has
    bool behind_ = false;
    std::uint64_t polled_ = 0;  // index of the first that was never polled
    std::uint64_t passed_ = 0;  // ephemeral events before that
    std::uint64_t dropped_ = 0;
  };

  // `newest`: the journal's newest seq at the start.
  EventFeed(ReadJournal read, std::int64_t newest, std::size_t capacity = 8192);

  // `after_seq` < 0: from now on. `wake` is called, on the publishing thread, whenever there is
  // something new; it must be quick.
  std::unique_ptr<Subscription> subscribe(std::uint64_t types, std::int64_t after_seq,
                                          std::function<void()> wake);
  void publish(std::vector<EventRef> events);

  // Seqs of the newest committed event, and of the oldest one in the ring (0: none).
  std::int64_t newest() const;
  // Events in the ring: what somebody still has to look at, and a few more.
  std::size_t held() const;

 private:
  std::uint64_t end() const { return base_ + ring_.size(); }
  std::uint64_t first_needed() const;
  std::int64_t first_seq() const;  // of the ring's first journaled event; INT64_MAX: none

  const ReadJournal read_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  std::deque<EventRef> ring_;
  std::uint64_t base_ = 0;       // index of ring_.front()
  std::uint64_t gone_ = 0;       // ephemeral events that left the ring
  std::uint64_t ephemeral_ = 0;  // all that there were
  std::int64_t newest_;
  std::vector<Subscription*> subscribers_;
};

}  // namespace gardu::host
