// SPDX-License-Identifier: Apache-2.0
//
// Keeps the feed whole where several hosts write to one database: what others committed is read
// from the journal, now and then and before whatever this host commits, so that every host's feed
// has every event, in the order of seq. One thread of its own.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "journal/feed.hpp"

namespace gardu::host {

class JournalFollower {
 public:
  // `every` 0: nobody else writes.
  JournalFollower(EventFeed& feed, EventFeed::ReadJournal read, std::chrono::milliseconds every);
  ~JournalFollower();  // stop()
  JournalFollower(const JournalFollower&) = delete;
  JournalFollower& operator=(const JournalFollower&) = delete;

  // What this host has just committed, in the order of seq. On the writer's thread.
  void committed(std::vector<storage::JournalEntry> entries);
  void stop();

 private:
  void loop();
  bool fill(std::int64_t up_to);
  bool passes(std::int64_t missing);

  EventFeed& feed_;
  const EventFeed::ReadJournal read_;
  const std::chrono::milliseconds every_;
  std::mutex publishing_;                                  // one publisher at a time
  std::int64_t missing_ = 0;                               // guarded by publishing_
  std::chrono::steady_clock::time_point missing_since_{};  // guarded by publishing_
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace gardu::host
