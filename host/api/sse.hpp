// SPDX-License-Identifier: Apache-2.0
//
// Event streams: GET /api/v1/events with Accept: text/event-stream. One thread serves all of them
// from one subscription of the feed; each stream has its own place in the journal, so none has
// gaps. A stream that does not read is closed: its client comes again with Last-Event-ID.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "api/call.hpp"
#include "http/responder.hpp"

namespace gardu::host {

class EventStreams {
 public:
  EventStreams(storage::Database& database, EventFeed& feed);
  ~EventStreams();  // stop()

  static bool wanted(const http::RequestHead& head);
  // Begins a stream after Last-Event-ID, else after_seq, else now. `head` has what every answer
  // has.
  void open(const Call& call, const http::Responder& responder, http::Response head);
  void stop();

 private:
  struct One {
    std::string workspace_id;
    std::set<std::string> types;  // empty: all
    std::optional<std::vector<std::string>> accounts;
    std::int64_t after = 0;
    bool behind = true;  // reads the journal until it has caught up with the feed
    std::shared_ptr<http::Stream> stream;
  };
  void loop();
  void pass_on(const std::vector<EventRef>& events);
  bool catch_up(One& one);
  static bool write(One& one, const storage::JournalEntry& entry);

  storage::Database& database_;
  EventFeed& feed_;
  std::unique_ptr<EventFeed::Subscription> subscription_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<One> arriving_;  // guarded by mutex_
  bool woken_ = false;       // guarded by mutex_
  bool stopping_ = false;    // guarded by mutex_
  std::list<One> streams_;   // the thread's own
  std::thread thread_;
};

}  // namespace gardu::host
