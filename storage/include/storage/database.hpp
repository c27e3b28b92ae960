// SPDX-License-Identifier: Apache-2.0
//
// The database: a pool of sessions for reading, one writer with group commit. Functions of Database
// may be called from any thread; a Session belongs to the thread that was lent it. Errors are
// storage::Error.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/error.hpp"

namespace gardu::storage {

// A statement that is about to be executed, with the values of its parameters in their order.
struct TracedStatement {
  std::string_view sql;
  std::vector<std::variant<std::monostate, std::int64_t, std::string>> values;  // monostate: null
};

struct Options {
  std::string backend = "sqlite3";
  std::string dsn;  // SQLite: the file. Else what the client library takes; a secret
  int pool = 4;     // reading sessions
  std::string synchronous = "full";                // full | normal | off
  std::chrono::milliseconds group_commit_wait{2};  // at most, and only under load
  int group_commit_max = 512;                      // works in one transaction
  int writer_queue = 10'000;                       // works that may wait
  // Sees each statement of the repositories, on the session's thread: for those who ask the engine
  // how it would go about them. Empty: nobody does.
  std::function<void(const TracedStatement&)> trace;
};

// One connection with its prepared statements. Repositories take it by reference.
class Session {
 public:
  class Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  virtual ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Impl& impl() { return *impl_; }

 protected:
  // In place of the present one, whose connection is lost.
  void replace(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

class Writer;

struct Health {
  bool ok = true;
  std::string text;  // what is wrong, naming the file; empty when ok
};

class Database {
 public:
  // Opens, creating a missing file with mode 0600. Does not migrate.
  explicit Database(Options options);
  ~Database();  // stops the writer
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Other processes may write to it, too: it is on a server.
  bool many_writers() const;
  // 0: empty. `newest` is what this binary brings.
  int schema_version();
  static int newest_schema();
  // Takes the schema to the newest, under a lock that keeps other processes waiting. Refuses a
  // database that is newer than this binary (ErrorKind::newer_schema). `up_to`: not past that
  // version, as an earlier binary left it; 0: the newest.
  void migrate(int up_to = 0);
  // Throws what migrate throws for a database that is newer than this binary.
  void refuse_newer_schema();

  // Runs `body` on a session lent from the pool, on this thread, waiting for a free one. All that
  // `body` reads is of one moment (a read transaction, closed when it returns): keep it short, and
  // do not call read within read.
  void read(const std::function<void(Session&)>& body);
  template <class F>
  auto query(F&& body) {
    decltype(body(std::declval<Session&>())) out{};
    read([&](Session& s) { out = body(s); });
    return out;
  }

  // Started by the first call; migrate before.
  Writer& writer();
  // Reads a row, and looks at how the writer's last transaction ended. Blocks; never throws.
  Health health() noexcept;
  // Writes a consistent copy to a file that must not exist yet, while others read and write.
  void backup(const std::string& file);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gardu::storage
