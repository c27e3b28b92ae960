// SPDX-License-Identifier: Apache-2.0
//
// Event streams: GET /api/v1/events with Accept: text/event-stream. One thread serves all of them
// from one subscription of the feed; each stream has its own place in the journal, so none has
// gaps. A stream begins by reading the journal, as fast as its client takes it, and goes on live
// once it has read all. One whose client cannot keep up goes back to the journal, and one that
// takes nothing for a while is closed: its client comes again with Last-Event-ID. One that asks for
// events which retention has deleted gets gardu.resync with the newest seq instead, and goes on
// live.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/call.hpp"
#include "http/responder.hpp"

namespace gardu::host {

class EventStreams {
 public:
  struct Timing {
    std::chrono::milliseconds heartbeat{15'000};
    std::chrono::milliseconds patience{10'000};  // with a stream that takes nothing
  };
  EventStreams(storage::Database& database, EventFeed& feed, TokenService& tokens,
               const Logger& log, Timing timing);
  ~EventStreams();  // stop()

  static bool wanted(const http::RequestHead& head);
  // Begins a stream after Last-Event-ID, else after_seq, else now. `head` has what every answer
  // has; `token` is asked about again from time to time. Throws ApiError.
  void open(const Call& call, std::string_view token, const http::Responder& responder,
            http::Response head);
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct One {
    std::string workspace_id, token;
    std::vector<std::string> types;  // empty: all
    std::optional<std::vector<std::string>> accounts;
    std::int64_t after = 0;
    bool behind = true;                          // reads the journal, not the feed
    std::vector<storage::JournalEntry> waiting;  // read, and not yet taken by the client
    std::size_t next = 0;                        // in waiting
    std::optional<Clock::time_point> stuck;      // since when nothing was taken
    std::shared_ptr<http::Stream> stream;
  };
  enum class Step { live, more, stuck, over };

  void loop();
  bool wait(Clock::time_point until, bool busy);
  void pass_on(const std::vector<EventRef>& events);
  bool catch_up_all();
  Step catch_up(One& one);
  bool flush(One& one);
  static bool resync(One& one, std::int64_t newest);
  void heartbeat();
  template <class F>
  void close_if(F&& over);
  static bool write(One& one, const storage::JournalEntry& entry);

  storage::Database& database_;
  EventFeed& feed_;
  TokenService& tokens_;
  const Logger log_;
  const Timing timing_;
  std::unique_ptr<EventFeed::Subscription> subscription_;
  std::atomic<std::size_t> open_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<One> arriving_;  // guarded by mutex_
  bool woken_ = false;       // guarded by mutex_
  bool stopping_ = false;    // guarded by mutex_
  std::list<One> streams_;   // the thread's own
  std::thread thread_;
};

}  // namespace gardu::host
