// SPDX-License-Identifier: Apache-2.0
//
// Retention: deletes messages, files and journal that are older than their workspace keeps them,
// and files on the disk that no row names. In batches that hold the writer briefly, each as large
// as the last one's time allows, with pauses between them. Blocks; one run at a time, on any
// thread. Throws storage::Error.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "log/log.hpp"
#include "storage/retention.hpp"
#include "storage/workspaces.hpp"

namespace gardu::host {

struct PruneReport {
  struct One {
    std::string workspace_id, slug;
    int days = 0;  // that it keeps
    std::int64_t messages = 0, files = 0, bytes = 0, events = 0;
    std::string held_by;  // the subscriber that the rest of the journal waits for; empty: nobody
  };
  std::vector<One> workspaces;           // those that do not keep everything
  std::int64_t swept = 0;                // files that no row named
  std::int64_t batches = 0, late = 0;    // late: held the writer for longer than they may
  std::chrono::microseconds longest{0};  // that one of them held the writer
};

// In words: "slug: 3 messages, 1 files (20 bytes), 5 events older than 30 days deleted".
std::string describe(const PruneReport::One& one, bool only_looked);

class Pruner {
 public:
  struct Options {
    int days = 0;  // for workspaces that say nothing of their own; 0: keeps everything
    std::filesystem::path media;
    int batch = 1000;                         // rows at most
    int window = 5000;                        // numbers of messages that are looked at in one go
    std::chrono::milliseconds most_held{50};  // by a batch
    std::function<std::int64_t()> now;
    std::function<void(int rows, std::chrono::microseconds held)> observe;  // of every batch
  };
  Pruner(storage::Database& database, Options options, Logger log);

  // Nothing: another host is at it.
  std::optional<PruneReport> run();
  // What run would delete.
  PruneReport look();
  // True once a night, from three o'clock (local time) on, when no host has done it yet.
  bool due();
  // Breaks a run off between two batches.
  void stop();

  // The days that a workspace keeps; 0: for ever.
  static int days_of(const storage::Workspace& workspace, int otherwise);

  using ById = std::map<std::string, storage::Media, std::less<>>;

 private:
  using Looked = storage::retention::Looked;
  using Works = std::function<std::int64_t(storage::Transaction&)>;
  std::vector<PruneReport::One> wanted();
  std::int64_t batch(int rows, const Works& work);
  void go_on();
  void adapt(int rows, std::chrono::microseconds held);
  void prune_messages(PruneReport::One& one, std::int64_t before);
  // `only_count`: deletes nothing.
  void prune_media(PruneReport::One& one, std::int64_t before, bool only_count);
  void prune_journal(PruneReport::One& one, std::int64_t before);
  bool look_through(const PruneReport::One& one, std::int64_t before, bool only_count, Looked& seen,
                    ById& media);
  bool delete_media(PruneReport::One& one, std::int64_t before, Looked& seen, ById& media);
  void delete_file(const std::string& path) const;
  std::int64_t sweep();
  std::int64_t sweep_workspace(const std::filesystem::path& folder);
  std::int64_t sweep_files(const std::string& workspace, const std::vector<std::string>& names);
  void tell_who_holds(PruneReport::One& one, std::int64_t before);

  storage::Database& database_;
  const Options options_;
  const Logger log_;
  std::int64_t batches_ = 0, late_ = 0;
  std::chrono::microseconds longest_{0};
  int rows_ = 64;                      // of the next batch
  std::int64_t renew_at_ = 0;          // the lease
  std::chrono::microseconds owed_{0};  // to the others, before the next batch
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
};

// As configured.
Pruner::Options pruner_options(const Settings& settings);

}  // namespace gardu::host
