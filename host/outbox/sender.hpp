// SPDX-License-Identifier: Apache-2.0
//
// The sender: takes what is due out of the outbox, hands it to the accounts' transports, and stores
// what came of it. One thread; completions may come on any.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "journal/events.hpp"
#include "log/log.hpp"
#include "outbox/decision.hpp"
#include "plugins/instance.hpp"
#include "storage/accounts.hpp"
#include "storage/outbox.hpp"

namespace gardu::host {

class Sender {
 public:
  struct Options {
    RetryPolicy policy;
    std::chrono::milliseconds send_timeout{30'000};
    std::chrono::milliseconds doubt_wait{60'000};  // for a status that tells what came of a send
    std::string node;                              // lease holder
  };
  using FindTransport =
      std::function<std::shared_ptr<PluginInstance>(const std::string& transport)>;

  Sender(storage::Database& database, FindTransport find, Options options, Logger log);
  ~Sender();  // stop()
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Looks at what an earlier run left leased, then begins.
  void start();
  // Something may be due. From any thread.
  void poke();
  // Takes nothing more out, and waits for what is out. True: nothing is left out.
  bool drain(std::chrono::milliseconds limit);
  void stop();
  std::size_t in_flight() const;
  // A status may free a lane.
  bool in_doubt() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Ready {  // one entry with all that a send needs
    storage::OutboxEntry entry;
    storage::Account account;
    OutboundMessage outbound;
    std::shared_ptr<PluginInstance> transport;  // until it is handed over
    bool reconciles = false;                    // the transport's statuses may tell of it
  };
  struct Out {
    std::shared_ptr<const Ready> ready;
    Clock::time_point deadline;                  // of the answer, then of another try to store it
    std::shared_ptr<const SendOutcome> outcome;  // null: there is none yet
    bool storing = false;                        // the writer has it
    int tries = 0;                               // to store it
    bool counted = true;                         // in its account's pace
  };
  struct Pace {  // of one account
    std::uint32_t in_flight = 0;
    std::uint32_t limit = 0;  // of its transport; 0: not known yet
    std::int64_t second = 0;  // the one that `sent` counts
    std::uint32_t sent = 0;
    Clock::time_point paused_until{};
  };

  void loop();
  // Leases that ran out, those of the holder, or all.
  void recover(bool all_leases, const std::string& holder);
  bool recover_some(storage::Transaction& tx, bool all_leases, const std::string& holder);
  void settle(storage::Transaction& tx, const storage::OpenEntry& entry,
              const std::optional<storage::Account>& account);
  static bool reconciles(const PluginInstance& transport);
  bool doubt(storage::Transaction& tx, const storage::OutboxEntry& entry, int attempts,
             const std::string& why);
  std::vector<Ready> take();
  bool load(storage::Transaction& tx, Ready& ready);
  bool reserve(const std::string& account_id, const gardu_transport_info& info,
               std::uint32_t taken);
  std::vector<std::string> busy_accounts() const;
  void dispatch(std::vector<Ready> batch);
  void finish(std::uint64_t send, const std::shared_ptr<const Ready>& ready, SendOutcome outcome);
  void store(std::uint64_t send);
  void stored(std::uint64_t send, const std::string& account_id, std::chrono::milliseconds pause,
              bool durable);
  void store_again(bool at_once);
  void log_not_stored(const Ready& ready, const std::exception_ptr& failed) const;
  // Whether an entry's try is not over here; `accepted`: and it is known that it was sent.
  bool is_out(std::int64_t entry, bool accepted = false) const;
  std::int64_t lease_until(storage::Transaction& tx) const;
  bool may_have_id(storage::Transaction& tx, const Ready& ready, const Accepted& answer) const;
  void store_accepted(storage::Transaction& tx, const Ready& ready, const Accepted& answer);
  void store_failed(storage::Transaction& tx, const Ready& ready, const Status& why,
                    const Decision& decision);
  static bool fail(storage::Transaction& tx, const storage::OutboxEntry& entry,
                   const storage::Message& message, const Origin& origin, const Status& why);
  void expire();
  Clock::time_point next_look(std::int64_t next_due);

  storage::Database& database_;
  const FindTransport find_;
  const Options options_;
  const Logger log_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Below: guarded by mutex_.
  std::map<std::uint64_t, Out> out_;  // by the number of the send
  std::uint64_t sends_ = 0;
  std::map<std::string, Pace> pace_;  // by account
  bool poked_ = false, draining_ = false, stopping_ = false;
  // When the first doubt is over, by the database's clock; 0: none is known.
  std::int64_t doubts_due_ = 0;
  std::int64_t clock_ahead_ = 0;  // the database's clock, of ours; as it was at the last look
  bool paced_ = false;            // an account's rate kept something back at the last look
  std::thread thread_;
};

}  // namespace gardu::host
