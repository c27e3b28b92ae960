// SPDX-License-Identifier: Apache-2.0
//
// Group commit: concurrent writers share one transaction. Each work runs in a savepoint of its own,
// so one that throws is undone alone; those that may run again share one as long as none throws.
// All works run on the writer's one thread, in the order in which they were submitted.
#pragma once
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/database.hpp"
#include "storage/journal.hpp"

namespace gardu::storage {

// The session of a work. Valid during the work only.
class Transaction : public Session {
 public:
  using Session::Session;
  // Journals an event: assigns the next seq (commit order is seq order), stores it, and keeps it
  // for the listener. Returns the seq.
  std::int64_t append(JournalEntry entry);
  // Runs after the commit, on the writer's thread, after the listener and before the works' `done`;
  // dropped when the work is undone. Must not throw.
  void defer(std::function<void()> effect);

  // A part that can be undone alone: a savepoint with what was appended and deferred since. Parts
  // nest; each begin needs its end, the inner one first.
  void begin_part();
  void end_part(bool keep);

 private:
  friend class Writer;
  struct Part {
    std::size_t entries, effects;
  };
  std::vector<Part> parts_;
  std::vector<JournalEntry> appended_;
  std::vector<std::function<void()>> deferred_;
  std::int64_t next_seq_ = 0;  // 0: not read yet in this transaction
};

class Writer {
 public:
  using Work = std::function<void(Transaction&)>;
  // Null: durable. Called exactly once for a work that was taken, on the writer's thread.
  using Done = std::function<void(std::exception_ptr)>;
  using Listener = std::function<void(std::vector<JournalEntry>&&)>;

  // Called again when a connection was lost; throws Error.
  using Connect = std::function<std::unique_ptr<Session::Impl>()>;
  Writer(Connect connect, const Options& options);
  ~Writer();  // stop()
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Whether a work may be undone and run once more, because of another one that threw: then it must
  // do nothing outside of the transaction that is not the same the second time.
  enum class Repeat { never, allowed };

  // False: too many wait, or it was stopped; `done` will not be called.
  [[nodiscard]] bool submit(Work work, Done done, Repeat repeat = Repeat::never);
  // Submits and waits; rethrows what the work or the commit threw. Not on the writer's thread.
  void run(Work work);
  // All entries of a committed transaction, in seq order, on the writer's thread, before the dones.
  // Set before the first work. It must not throw: what it throws is dropped and counted.
  void set_on_commit(Listener listener);
  void set_listener(Listener listener) { set_on_commit(std::move(listener)); }
  std::size_t waiting() const;
  struct Stats {
    std::uint64_t transactions = 0, works = 0, failed_works = 0, failed_commits = 0;
    std::uint64_t failed_effects = 0;  // exceptions of the listener, deferred effects and dones
  };
  Stats stats() const;
  // What a transaction failed with, or the place of the data refused, until it is found well again;
  // empty: nothing. Damage stays.
  std::string last_failure() const;
  void found_well();
  // Finishes what waits, then ends the thread.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gardu::storage
