// SPDX-License-Identifier: Apache-2.0
#include "storage/database.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "connect_gate.hpp"
#include "session.hpp"
#include "storage/idempotency.hpp"
#include "storage/journal.hpp"
#include "storage/writer.hpp"

namespace gardu::storage {

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

void Session::replace(std::unique_ptr<Impl> impl) {
  impl_.reset();  // its statements go before its connection, both before the new one is used
  impl_ = std::move(impl);
}

struct Database::Impl {
  Impl(Options o, const Dialect& d) : options(std::move(o)), dialect(d) {}

  std::unique_ptr<Session::Impl> connect();
  std::unique_ptr<Session> lend();
  std::unique_ptr<Session> begin_read();
  void drop_idle();
  void give_back(std::unique_ptr<Session> session);

  const Options options;
  const Dialect& dialect;
  ConnectGate gate;
  std::string identity;  // of what was opened first; set by the constructor
  std::mutex mutex;
  std::string damage;  // what was found corrupt; guarded by mutex
  std::condition_variable returned;
  std::vector<std::unique_ptr<Session>> idle;  // guarded by mutex
  int open = 0;                                // guarded by mutex
  // Last: what its thread still calls while it stops may read.
  std::unique_ptr<Writer> writer;  // guarded by mutex until it is there
};

// A file that is gone is not made anew: nobody would see that everything is missing. Nor is another
// one taken in its place, to which what this process has in mind does not fit.
std::unique_ptr<Session::Impl> Database::Impl::connect() {
  const std::string now = dialect.identity(options);
  if (!identity.empty() && now != identity)
    throw Error(ErrorKind::unavailable,
                dialect.place_of(options) +
                    (now.empty() ? ": the file is gone; put it back, or restore a backup and "
                                   "start the gateway again"
                                 : ": the file was replaced while it was in use; start the "
                                   "gateway again"));
  if (!dialect.many_writers()) return std::make_unique<Session::Impl>(dialect, options);
  gate.enter(ConnectGate::Clock::now());
  try {
    auto made = std::make_unique<Session::Impl>(dialect, options);
    gate.succeeded();
    return made;
  } catch (const Error& e) {
    gate.failed(e, ConnectGate::Clock::now());
    throw;
  } catch (...) {
    gate.failed({ErrorKind::unavailable, dialect.place_of(options) + ": cannot be reached"},
                ConnectGate::Clock::now());
    throw;
  }
}

std::unique_ptr<Session> Database::Impl::lend() {
  {
    std::unique_lock lock(mutex);
    returned.wait(lock, [&] { return !idle.empty() || open < options.pool; });
    if (!idle.empty()) {
      auto session = std::move(idle.back());
      idle.pop_back();
      return session;
    }
    ++open;
  }
  try {
    return std::make_unique<Session>(connect());
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

// A session that waited in the pool may have lost its connection: then all of those have, most
// likely, and a new one is made.
std::unique_ptr<Session> Database::Impl::begin_read() {
  for (bool again = false;; again = true) {
    auto session = lend();
    try {
      run(*session, dialect.begin_read());
      session->impl().check_place();
      return session;
    } catch (const Error& e) {
      session.reset();
      give_back(nullptr);
      if (again || e.kind() != ErrorKind::unavailable) throw;
      drop_idle();
    }
  }
}

void Database::Impl::drop_idle() {
  std::vector<std::unique_ptr<Session>> gone;
  {
    const std::lock_guard lock(mutex);
    open -= static_cast<int>(idle.size());
    gone.swap(idle);
  }
  returned.notify_all();
}

// Null: the session is broken and gone.
void Database::Impl::give_back(std::unique_ptr<Session> session) {
  {
    const std::lock_guard lock(mutex);
    if (session) {
      idle.push_back(std::move(session));
    } else {
      --open;
    }
  }
  returned.notify_one();
}

namespace {

constexpr int kTries = 50;
constexpr std::chrono::milliseconds kBetweenTries{100};

const Dialect& dialect_of(const std::string& backend) {
  if (backend == "sqlite3") return sqlite3_dialect();
  if (backend == "postgresql") return postgresql_dialect();
  if (backend == "mysql") return mysql_dialect();
  throw Error(ErrorKind::other,
              "storage.backend is '" + backend + "': expected sqlite3, postgresql or mysql");
}

int newest_of(const Dialect& dialect) { return dialect.migrations().back().number; }

void refuse_newer(int have, const Dialect& dialect, const Options& options) {
  if (have <= newest_of(dialect)) return;
  throw Error(ErrorKind::newer_schema,
              dialect.place_of(options) + " has schema version " + std::to_string(have) +
                  ", but this program knows versions up to " + std::to_string(newest_of(dialect)) +
                  ": run the newer gardu that wrote it, or restore a backup");
}

int version_of(Session& s) {
  if (number(s, s.impl().dialect().has_migrations(), 0) == 0) return 0;
  return static_cast<int>(number(s, "select max(version) from schema_migrations", 0));
}

void apply(Session& s, const Migration& m) {
  auto& inside = s.impl();
  inside.guard([&] { inside.dialect().run_script(inside.soci(), m.sql); });
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  run(s, "insert into schema_migrations (version, name, applied_at) values (:a, :b, :c)", m.number,
      m.name, std::int64_t{now});
}

}  // namespace

Database::Database(Options options) {
  const Dialect& dialect = dialect_of(options.backend);
  if (options.synchronous != "full" && options.synchronous != "normal" &&
      options.synchronous != "off")
    throw Error(ErrorKind::other, "storage.synchronous is '" + options.synchronous +
                                      "': expected full, normal or off");
  options.pool = std::max(options.pool, 1);
  options.group_commit_max = std::max(options.group_commit_max, 1);
  impl_ = std::make_unique<Impl>(std::move(options), dialect);
  schema_version();  // so that a wrong path or a file that is no database shows here
  impl_->identity = dialect.identity(impl_->options);
}

Database::~Database() = default;

void Database::read(const std::function<void(Session&)>& body) {
  auto session = impl_->begin_read();
  try {
    body(*session);
    run(*session, "commit");
    session->impl().trim();
  } catch (const Error& e) {
    impl_->give_back(nullptr);  // with its transaction; a new session costs little
    if (e.kind() == ErrorKind::corrupt) {
      const std::lock_guard lock(impl_->mutex);
      impl_->damage = e.what();
    }
    throw;
  } catch (...) {
    impl_->give_back(nullptr);
    throw;
  }
  impl_->give_back(std::move(session));
}

bool Database::many_writers() const { return impl_->dialect.many_writers(); }

Writer& Database::writer() {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->writer)
    impl_->writer = std::make_unique<Writer>(
        [this] {
          auto session = impl_->connect();
          session->defer_upkeep();
          return session;
        },
        impl_->options);
  return *impl_->writer;
}

int Database::newest_schema() { return newest_of(sqlite3_dialect()); }

// While another process migrates, a snapshot may be older than a table.
int Database::schema_version() {
  for (int tries = 1;; ++tries) {
    try {
      return query(version_of);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::busy || tries == kTries) throw;
      std::this_thread::sleep_for(kBetweenTries);
    }
  }
}

void Database::refuse_newer_schema() {
  refuse_newer(schema_version(), impl_->dialect, impl_->options);
}

void Database::migrate(int up_to) {
  const int found = schema_version();
  refuse_newer(found, impl_->dialect, impl_->options);
  const int newest = up_to > 0 ? up_to : newest_of(impl_->dialect);
  if (found >= newest) return;
  Session session(impl_->connect());
  // Another process that starts at the same time waits here, and then finds everything done. A
  // failure leaves by the closing of the session, which undoes all that the engine can undo, and
  // gives the lock back.
  run(session, impl_->dialect.begin_migration());
  if (const char* lock = impl_->dialect.lock_migration()) number(session, lock, 0);
  const int have = version_of(session);
  refuse_newer(have, impl_->dialect, impl_->options);
  if (have == 0)
    run(session,
        "create table if not exists schema_migrations (version bigint primary key, "
        "name varchar(100) not null, applied_at bigint not null)");
  for (const Migration& m : impl_->dialect.migrations())
    if (m.number > have && m.number <= newest) apply(session, m);
  run(session, "commit");
  if (const char* unlock = impl_->dialect.end_migration()) number(session, unlock, 0);
}

namespace {

constexpr std::size_t kProbe = 1 << 20;  // on a disk that is full, a little always fits somewhere

// Throws what is wrong.
void try_to_write(Writer& writer) {
  const std::string place = "probe";
  writer.run([&](Transaction& tx) {
    IdempotentAnswer large;
    large.workspace_id = large.key = large.route = large.request_hash = place;
    large.body.assign(kProbe, ' ');
    idempotency::put(tx, large);
  });
  writer.run([&](Transaction& tx) { idempotency::abandon(tx, place, place); });
}

}  // namespace

// A failure stays until something is written: nothing may come while this says that nothing can.
Health Database::health() noexcept {
  try {
    read([](Session& s) { journal::newest(s); });
    Writer* writer = nullptr;
    {
      const std::lock_guard lock(impl_->mutex);
      if (!impl_->damage.empty()) return {false, impl_->damage};
      writer = impl_->writer.get();
    }
    if (writer == nullptr || writer->last_failure().empty()) return {};
    try_to_write(*writer);
    writer->found_well();
    const std::string failure = writer->last_failure();
    return {failure.empty(), failure};
  } catch (const std::exception& e) {
    return {false, e.what()};
  }
}

void Database::backup(const std::string& file) {
  Session session(impl_->connect());
  session.impl().guard([&] { impl_->dialect.backup(session.impl().soci(), file); });
}

}  // namespace gardu::storage
