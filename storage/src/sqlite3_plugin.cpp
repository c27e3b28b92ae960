// SPDX-License-Identifier: Apache-2.0
// Plugins' statements on SQLite, by its own interface: SOCI tells no exact types.
#include "sqlite3_plugin.hpp"

#include <algorithm>
#include <chrono>
#include <list>
#include <utility>
#include <vector>

#include "sqlite3_authorizer.hpp"
#include "sqlite3_codes.hpp"

namespace gardu::storage {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);

struct Finalize {
  void operator()(sqlite_api::sqlite3_stmt* s) const { sqlite_api::sqlite3_finalize(s); }
};

struct Kept {
  std::string plugin, sql;
  std::unique_ptr<sqlite_api::sqlite3_stmt, Finalize> statement;
};

// One call under way.
struct Running {
  explicit Running(const PluginCall& c)
      : call(c), authorizer(c), deadline(Clock::now() + std::min(c.limits.time, kLongest)) {}
  bool is_over() const { return !call.schema && Clock::now() >= deadline; }
  Error timeout() const {
    return {ErrorKind::timeout,
            "the statement took longer than " + std::to_string(call.limits.time.count()) + " ms"};
  }

  const PluginCall& call;
  Sqlite3Authorizer authorizer;
  const Clock::time_point deadline;
  bool late = false;
};

class Sqlite3PluginRunner final : public PluginRunner {
 public:
  // Both callbacks stay for good: setting an authorizer makes SQLite prepare every statement of the
  // session anew.
  explicit Sqlite3PluginRunner(sqlite_api::sqlite3* connection) : connection_(connection) {
    sqlite_api::sqlite3_set_authorizer(connection_, &authorize, this);
    sqlite_api::sqlite3_progress_handler(connection_, 1000, &progress, this);
    // Else a name in double quotes that nobody has would be a text.
    sqlite_api::sqlite3_db_config(connection_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  }
  ~Sqlite3PluginRunner() override {
    kept_.clear();
    sqlite_api::sqlite3_set_authorizer(connection_, nullptr, nullptr);
    sqlite_api::sqlite3_progress_handler(connection_, 0, nullptr, nullptr);
  }
  Sqlite3PluginRunner(const Sqlite3PluginRunner&) = delete;
  Sqlite3PluginRunner& operator=(const Sqlite3PluginRunner&) = delete;

  std::int64_t execute(const PluginCall& call, const plugin_sql::OnRow& on_row) override;

 private:
  // While SQLite compiles or runs a plugin's statement, and not while `on_row` has the thread.
  class Watch {
   public:
    Watch(Sqlite3PluginRunner& runner, Running& running)
        : runner_(runner),
          former_(std::exchange(runner.running_, &running)),
          length_(sqlite_api::sqlite3_limit(runner.connection_, SQLITE_LIMIT_LENGTH, kMaxCell)) {}
    ~Watch() {
      sqlite_api::sqlite3_limit(runner_.connection_, SQLITE_LIMIT_LENGTH, length_);
      runner_.running_ = former_;
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Sqlite3PluginRunner& runner_;
    Running* const former_;
    const int length_;
  };

  static int authorize(void* self, int action, const char* first, const char* second,
                       const char* schema, const char* trigger);
  static int progress(void* self);

  Kept take(Running& running);
  void keep(Kept kept);
  void bind(const Kept& kept, const Running& running);
  bool step(const Kept& kept, Running& running);
  void cells(const Kept& kept, std::vector<SqlValue>& out);
  [[noreturn]] void fail(int code, const Running& running, bool ran);

  sqlite_api::sqlite3* const connection_;
  Running* running_ = nullptr;
  std::list<Kept> kept_;  // the latest used first
};

int Sqlite3PluginRunner::authorize(void* self, int action, const char* first, const char* second,
                                   const char* schema, const char*) {
  Running* running = static_cast<Sqlite3PluginRunner*>(self)->running_;
  if (running == nullptr) return SQLITE_OK;  // the gateway's own
  const bool allowed =
      running->authorizer.allows(action, first ? std::string_view(first) : std::string_view(),
                                 second ? std::string_view(second) : std::string_view(), schema);
  return allowed ? SQLITE_OK : SQLITE_DENY;
}

// Aborting a statement that writes from here would undo the whole transaction, with what others
// wrote in it. So first it is left no room for a row, by which it fails as if by an error of its
// own; only one that writes no row for a second more is aborted.
int Sqlite3PluginRunner::progress(void* self) {
  auto* runner = static_cast<Sqlite3PluginRunner*>(self);
  Running* running = runner->running_;
  if (running == nullptr || !running->is_over()) return 0;
  running->late = true;
  if (running->call.reads) return 1;
  sqlite_api::sqlite3_limit(runner->connection_, SQLITE_LIMIT_LENGTH, 1);
  return Clock::now() >= running->deadline + std::chrono::seconds(1) ? 1 : 0;
}

void Sqlite3PluginRunner::fail(int code, const Running& running, bool ran) {
  const int primary = code & 0xff;
  if (running.late || primary == SQLITE_INTERRUPT) throw running.timeout();
  if (primary == SQLITE_ABORT) throw Error(ErrorKind::timeout, "the transaction was undone");
  std::string text = sqlite_api::sqlite3_errmsg(connection_);
  if (primary == SQLITE_AUTH && !running.authorizer.refused().empty())
    text = running.authorizer.refused();
  // A function that fails may quote the value that it was given.
  if (ran && primary == SQLITE_ERROR) text = text.substr(0, text.find('\''));
  for (const int own : {SQLITE_ERROR, SQLITE_AUTH, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE})
    if (primary == own) throw Error(ErrorKind::invalid, text);
  throw Error(sqlite3_kind_of(code), text,
              sqlite3_is_duplicate(sqlite_api::sqlite3_extended_errcode(connection_)));
}

Kept Sqlite3PluginRunner::take(Running& running) {
  const PluginCall& call = running.call;
  for (auto i = kept_.begin(); i != kept_.end(); ++i)
    if (i->sql == call.sql && i->plugin == call.plugin) {
      Kept out = std::move(*i);
      kept_.erase(i);
      return out;
    }
  const Watch watch(*this, running);
  sqlite_api::sqlite3_stmt* made = nullptr;
  // No virtual tables: the engine's inside (pragma_…, dbstat) and others'.
  const unsigned flags =
      SQLITE_PREPARE_PERSISTENT | (call.schema ? 0U : unsigned{SQLITE_PREPARE_NO_VTAB});
  const int code = sqlite_api::sqlite3_prepare_v3(
      connection_, call.sql.data(), static_cast<int>(call.sql.size()), flags, &made, nullptr);
  Kept out{std::string(call.plugin), std::string(call.sql), {}};
  out.statement.reset(made);
  if (code != SQLITE_OK) fail(code, running, false);
  if (!made) throw Error(ErrorKind::invalid, "there is no statement");
  return out;
}

void Sqlite3PluginRunner::keep(Kept kept) {
  sqlite_api::sqlite3_reset(kept.statement.get());
  sqlite_api::sqlite3_clear_bindings(kept.statement.get());
  kept_.push_front(std::move(kept));
  if (kept_.size() > kKept) kept_.pop_back();
}

void Sqlite3PluginRunner::bind(const Kept& kept, const Running& running) {
  auto* s = kept.statement.get();
  const auto& parameters = running.call.parameters;
  if (sqlite_api::sqlite3_bind_parameter_count(s) != static_cast<int>(parameters.size()))
    throw Error(ErrorKind::invalid, "the parameters do not match");
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const SqlValue& v = parameters[k];
    const int place = static_cast<int>(k) + 1;
    int code = SQLITE_OK;
    switch (v.kind) {
      case SqlValue::Kind::null:
        code = sqlite_api::sqlite3_bind_null(s, place);
        break;
      case SqlValue::Kind::integer:
        code = sqlite_api::sqlite3_bind_int64(s, place, v.integer);
        break;
      case SqlValue::Kind::real:
        code = sqlite_api::sqlite3_bind_double(s, place, v.real);
        break;
      case SqlValue::Kind::text:  // not copied: it outlives the run
        code = sqlite_api::sqlite3_bind_text64(s, place, v.text.data(), v.text.size(), nullptr,
                                               SQLITE_UTF8);
        break;
    }
    if (code != SQLITE_OK) fail(code, running, true);
  }
}

bool Sqlite3PluginRunner::step(const Kept& kept, Running& running) {
  if (running.is_over()) throw running.timeout();
  const Watch watch(*this, running);
  const int code = sqlite_api::sqlite3_step(kept.statement.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail(code, running, true);
  return code == SQLITE_ROW;
}

void Sqlite3PluginRunner::cells(const Kept& kept, std::vector<SqlValue>& out) {
  auto* s = kept.statement.get();
  out.resize(static_cast<std::size_t>(sqlite_api::sqlite3_column_count(s)));
  for (std::size_t k = 0; k < out.size(); ++k) {
    const int column = static_cast<int>(k);
    SqlValue& cell = out[k];
    switch (sqlite_api::sqlite3_column_type(s, column)) {
      case SQLITE_NULL:
        cell.kind = SqlValue::Kind::null;
        break;
      case SQLITE_INTEGER:
        cell.kind = SqlValue::Kind::integer;
        cell.integer = sqlite_api::sqlite3_column_int64(s, column);
        break;
      case SQLITE_FLOAT:
        cell.kind = SqlValue::Kind::real;
        cell.real = sqlite_api::sqlite3_column_double(s, column);
        break;
      case SQLITE_TEXT: {
        cell.kind = SqlValue::Kind::text;
        const auto* text = sqlite_api::sqlite3_column_text(s, column);
        cell.text.assign(reinterpret_cast<const char*>(text),
                         static_cast<std::size_t>(sqlite_api::sqlite3_column_bytes(s, column)));
        break;
      }
      default:
        throw Error(ErrorKind::invalid, "a cell is binary, which plugins do not have");
    }
  }
}

std::int64_t Sqlite3PluginRunner::execute(const PluginCall& call, const plugin_sql::OnRow& on_row) {
  Running running(call);
  Kept kept = take(running);
  bind(kept, running);
  const bool writes = sqlite_api::sqlite3_stmt_readonly(kept.statement.get()) == 0;
  // What a write returns is handed out when it is over, so that `on_row` finds nothing half done.
  std::vector<std::vector<SqlValue>> returned;
  std::vector<SqlValue> row;
  for (int rows = 0; step(kept, running);) {
    if (++rows > call.limits.rows)
      throw Error(ErrorKind::invalid,
                  "the result has more than " + std::to_string(call.limits.rows) + " rows");
    if (!on_row) continue;
    cells(kept, row);
    if (writes) {
      returned.push_back(row);
    } else if (!on_row(row)) {
      break;
    }
  }
  const std::int64_t changed =
      writes && !call.schema ? sqlite_api::sqlite3_changes64(connection_) : 0;
  if (!call.schema) keep(std::move(kept));
  for (const auto& r : returned)
    if (!on_row(r)) break;
  return changed;
}

}  // namespace

std::unique_ptr<PluginRunner> sqlite3_plugin_runner(sqlite_api::sqlite3* connection) {
  return std::make_unique<Sqlite3PluginRunner>(connection);
}

}  // namespace gardu::storage
