// SPDX-License-Identifier: Apache-2.0
//
// Brings the feed's events to one subscriber. A live one is told what is committed from now on. For
// a durable one, what it did for a batch, its place in the journal and the events that failed are
// stored in one transaction:
//  - an event that failed waits in the backlog and comes again, later and later; meanwhile those
//    behind it in its lane (its conversation) wait with it, and all others go on;
//  - after its last attempt, or when no other try can help, it is parked with its error;
//  - several failures in a row open the breaker: delivery pauses, then one event probes.
// Everything here is the plugin's thread's, but info().
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plugins/plugin_code.hpp"
#include "plugins/plugin_file.hpp"
#include "plugins/services.hpp"

namespace gardu::host {

class Delivery {
 public:
  struct Limits {
    int attempts = 8;           // at one event, before it is parked
    std::uint32_t breaker = 5;  // failures in a row that open it
    std::chrono::milliseconds first_pause{1'000}, longest_pause{60'000};
  };
  // What it needs of the plugin that it serves.
  struct Plugin {
    std::string id;
    PluginServices& services;
    std::function<PluginCode*()> code;  // null: not to be called now
    std::function<bool()> lives;        // false: the process of its code has ended
    std::function<void(const std::string&)> note_error;
    std::function<void(std::chrono::milliseconds)> wake_after;
    std::function<void()> wake;  // [any-thread]
    std::function<void(bool open, const std::string& why)> breaker;
    // Runs `body` with this thread's calls joining the unit.
    std::function<void(Unit&, const std::function<void()>& body)> within;
    // A hook begins with the event of that seq, or (nothing) is over; for whoever watches the time.
    std::function<void(std::optional<std::int64_t> seq)> hook;
  };
  struct Info {
    std::int64_t lag = 0;
    std::uint64_t events = 0, failed = 0, dropped = 0;
    bool breaker_open = false;
  };

  Delivery(Plugin plugin, const gardu_manifest& manifest, Limits limits);
  ~Delivery();  // lets go of the lease
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  // Begins: after the cursor, or at the present. Throws storage::Error.
  void start();
  // One piece of work; whether there is more. Never throws.
  bool work();
  // The code that held the last batch is gone; what it did is undone. `why`: how it ended.
  void forget();
  // Shows a durable one everything after `seq` again, those that it has had marked as replayed.
  // Throws storage::Error.
  void replay_after(std::int64_t seq);
  Info info() const;  // [any-thread]
  // The backlog was changed from outside (a replay was asked for). [any-thread]
  void look_again();

 private:
  struct Outcome {
    Status status;  // of the whole call
    std::vector<std::int32_t> results;
    std::string why;  // of the first that failed
    bool died = false;
    bool fine() const;
  };

  bool step();
  bool leased();
  bool retry_backlog();
  void retry(PluginCode& code, const storage::BacklogEntry& entry);
  void deliver(PluginCode& code, const std::vector<EventRef>& events);
  void deliver_durable(PluginCode& code, const std::vector<EventRef>& events);
  Outcome call(PluginCode& code, const std::vector<EventRef>& events, Unit* unit);
  storage::BacklogEntry failed(const EventRef& event, const Outcome& outcome,
                               int attempts_before) const;
  void commit(Unit* unit, Effects effects);
  void take_in(const storage::BacklogEntry& entry);
  void look_for_due();
  void succeeded();
  void count_failure(const std::string& why);
  void pause(std::chrono::milliseconds time);
  std::unique_ptr<Unit> make_unit() const;

  const Plugin plugin_;
  const bool durable_;
  const std::uint64_t types_;
  const std::size_t batch_;
  const Limits limits_;
  mutable std::mutex mutex_;  // guards the pointer for info()
  std::unique_ptr<EventFeed::Subscription> subscription_;
  std::atomic<std::uint64_t> events_{0}, failures_{0};
  std::atomic<bool> open_{false}, look_{true};
  std::set<std::string> lanes_;  // with events that wait
  std::int64_t committed_ = 0;
  std::chrono::steady_clock::time_point leased_until_{}, renew_at_{}, look_at_{};
  std::int64_t next_due_ = 0;   // milliseconds; 0: nothing waits
  std::size_t singly_ = 0;      // events to deliver one by one, because their batch failed
  std::uint32_t in_a_row_ = 0;  // failures
  std::uint32_t pauses_ = 0;    // of the open breaker
  std::chrono::steady_clock::time_point pause_until_{};
};

}  // namespace gardu::host
