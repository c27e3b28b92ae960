// SPDX-License-Identifier: Apache-2.0
// Plugins' statements on PostgreSQL, by libpq: SOCI tells no exact types.
#include "postgresql_plugin.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "plugin_names.hpp"
#include "plugin_rows.hpp"
#include "plugin_schema.hpp"
#include "postgresql_codes.hpp"

namespace gardu::storage {
namespace {

using PgResult = std::unique_ptr<PGresult, decltype(&PQclear)>;

// Types, by PostgreSQL's numbers for them.
constexpr Oid kUnknown = 0, kBool = 16, kBytes = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25,
              kFloat4 = 700, kFloat8 = 701, kNumeric = 1700;

struct PgKept {
  std::string plugin, sql, kinds;  // what it is kept for
  std::string name;
};

// What the server answered; its details, which quote values, are not in it.
class PgFailure {
 public:
  PgFailure(const PGconn* connection, const PGresult* result)
      : state_(field(result, PG_DIAG_SQLSTATE)), text_(field(result, PG_DIAG_MESSAGE_PRIMARY)) {
    if (PQstatus(connection) != CONNECTION_OK || state_.empty()) state_ = "08006";
  }
  const std::string& state() const { return state_; }
  // PostgreSQL chose types for the parameters that do not go together.
  bool is_of_types() const {
    for (const char* s : {"42883", "42804", "42P18", "42P08", "42846", "42725"})
      if (state_ == s) return true;
    return false;
  }
  // The kept statement does not fit any more, because a table changed.
  bool is_outdated() const { return state_ == "0A000" || state_ == "26000"; }
  Error error(const PluginCall& call) const;

 private:
  static std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text != nullptr ? text : "";
  }
  std::string state_, text_;
};

Error PgFailure::error(const PluginCall& call) const {
  const ErrorKind kind = postgresql_kind_of(state_);
  if (kind == ErrorKind::timeout)
    return {kind,
            "the statement took longer than " + std::to_string(call.limits.time.count()) + " ms"};
  if (kind == ErrorKind::unavailable)
    return {kind, "the connection was lost, or the server is away"};
  if (state_ == "25P02") return {ErrorKind::timeout, "the transaction was undone"};
  // What does not fit its type: the text may quote the value.
  if (state_.starts_with("22")) return {ErrorKind::invalid, text_.substr(0, text_.find('"'))};
  return {kind == ErrorKind::other ? ErrorKind::invalid : kind, text_, state_ == "23505"};
}

std::string text_of(const SqlValue& v) {
  std::array<char, 40> digits{};
  const auto end = v.kind == SqlValue::Kind::real
                       ? std::to_chars(digits.data(), digits.data() + digits.size(), v.real)
                       : std::to_chars(digits.data(), digits.data() + digits.size(), v.integer);
  return {digits.data(), end.ptr};
}

SqlValue cell_of(const PGresult* result, int column) {
  if (PQgetisnull(result, 0, column) != 0) return {};
  const std::string_view text(PQgetvalue(result, 0, column),
                              static_cast<std::size_t>(PQgetlength(result, 0, column)));
  switch (PQftype(result, column)) {
    case kBool:
      return {SqlValue::Kind::integer, text == "t" ? 1 : 0, 0, {}};
    case kInt2:
    case kInt4:
    case kInt8:
    case kNumeric:
      return integer_value_of(text);
    case kFloat4:
    case kFloat8:
      return real_value_of(text);
    case kBytes:
      throw Error(ErrorKind::invalid, "a cell is binary, which plugins do not have");
    default:
      return text_value_of(text);
  }
}

class PostgresqlPluginRunner final : public PluginRunner {
 public:
  explicit PostgresqlPluginRunner(PGconn* connection) : connection_(connection) {}

  std::int64_t execute(const PluginCall& call, const plugin_sql::OnRow& on_row) override;

 private:
  // An error leaves PostgreSQL's transaction failed; this keeps that to the statement, whose limit
  // of time is set and unset with it.
  class Part {
   public:
    Part(PostgresqlPluginRunner& runner, const PluginCall& call);
    ~Part() {
      if (!kept_) undo("; release savepoint gardu_call");
    }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    void again();
    void keep();

   private:
    void undo(const char* then) {
      const PgResult result(
          PQexec(runner_.connection_,
                 (std::string("rollback to savepoint gardu_call") + then).c_str()),
          PQclear);
    }
    PostgresqlPluginRunner& runner_;
    const PluginCall& call_;
    std::string limit_;
    bool kept_ = false;
  };

  void simple(const std::string& sql, const PluginCall& call);
  std::int64_t schema(const PluginCall& call);
  bool owns_index(const PluginCall& call, const std::string& index);
  std::string prepared(const PluginCall& call, const std::string& sql, Part& part, bool& reused);
  std::optional<PgFailure> prepare(const PgKept& kept, const std::vector<Oid>& types);
  void forget(std::list<PgKept>::iterator kept);
  std::optional<PgFailure> run(const PluginCall& call, const std::string& name, PluginRows& rows,
                               std::int64_t& changed);
  void cancel();

  PGconn* const connection_;
  std::list<PgKept> kept_;  // the latest used first
  std::uint64_t made_ = 0;
};

PostgresqlPluginRunner::Part::Part(PostgresqlPluginRunner& runner, const PluginCall& call)
    : runner_(runner),
      call_(call),
      limit_(call.schema
                 ? "set local lock_timeout = 60000"
                 : "set local statement_timeout = " + std::to_string(std::min<std::int64_t>(
                                                          call.limits.time.count(), 3'600'000))) {
  runner_.simple("savepoint gardu_call; " + limit_, call_);
}

void PostgresqlPluginRunner::Part::again() {
  undo("");
  runner_.simple(limit_, call_);
}

void PostgresqlPluginRunner::Part::keep() {
  runner_.simple(std::string("set local ") + (call_.schema ? "lock_timeout" : "statement_timeout") +
                     " to default; release savepoint gardu_call",
                 call_);
  kept_ = true;
}

void PostgresqlPluginRunner::simple(const std::string& sql, const PluginCall& call) {
  const PgResult result(PQexec(connection_, sql.c_str()), PQclear);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
    throw PgFailure(connection_, result.get()).error(call);
}

// Any of the schema that the name leads to.
bool PostgresqlPluginRunner::owns_index(const PluginCall& call, const std::string& index) {
  const char* const value = index.c_str();
  const PgResult result(
      PQexecParams(connection_,
                   "select t.relname from pg_index x join pg_class t on t.oid = x.indrelid "
                   "where x.indexrelid = to_regclass($1)",
                   1, nullptr, &value, nullptr, nullptr, 0),
      PQclear);
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK)
    throw PgFailure(connection_, result.get()).error(call);
  return PQntuples(result.get()) == 0 ||
         std::binary_search(call.tables.begin(), call.tables.end(),
                            std::string(PQgetvalue(result.get(), 0, 0)));
}

std::int64_t PostgresqlPluginRunner::schema(const PluginCall& call) {
  const PluginSchema change = plugin_schema(call, PluginEngine::postgresql);
  if (change.sql.empty()) return 0;
  Part part(*this, call);
  if (change.what == PluginSchema::What::drop_index && !owns_index(call, change.name))
    throw Error(ErrorKind::invalid, "'" + change.name + "' is not an index of this plugin");
  simple(change.sql, call);
  part.keep();
  return 0;
}

std::optional<PgFailure> PostgresqlPluginRunner::prepare(const PgKept& kept,
                                                         const std::vector<Oid>& types) {
  const PgResult result(PQprepare(connection_, kept.name.c_str(), kept.sql.c_str(),
                                  static_cast<int>(types.size()), types.data()),
                        PQclear);
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return std::nullopt;
  return PgFailure(connection_, result.get());
}

void PostgresqlPluginRunner::forget(std::list<PgKept>::iterator kept) {
  const PgResult result(PQexec(connection_, ("deallocate " + kept->name).c_str()), PQclear);
  kept_.erase(kept);
}

// The name of the prepared statement. Numbers are given the type that they have, unless the
// statement wants another one; texts that of their place, if it has one.
std::string PostgresqlPluginRunner::prepared(const PluginCall& call, const std::string& sql,
                                             Part& part, bool& reused) {
  std::string kinds;
  for (const SqlValue& v : call.parameters)
    kinds += static_cast<char>('0' + static_cast<int>(v.kind));
  for (auto i = kept_.begin(); i != kept_.end(); ++i)
    if (i->sql == sql && i->kinds == kinds && i->plugin == call.plugin) {
      kept_.splice(kept_.begin(), kept_, i);
      reused = true;
      return i->name;
    }
  PgKept made{std::string(call.plugin), sql, kinds, "gardu_plugin_" + std::to_string(++made_)};
  const auto types = [&](Oid integer, Oid real, Oid text) {
    std::vector<Oid> out;
    for (const SqlValue& v : call.parameters)
      out.push_back(v.kind == SqlValue::Kind::integer ? integer
                    : v.kind == SqlValue::Kind::real  ? real
                                                      : text);
    return out;
  };
  auto failure = prepare(made, types(kInt8, kFloat8, kUnknown));
  for (const auto& other : {types(kUnknown, kUnknown, kUnknown), types(kInt8, kFloat8, kText)}) {
    if (!failure || !failure->is_of_types()) break;
    part.again();
    auto next = prepare(made, other);
    if (!next || !next->is_of_types()) failure = std::move(next);
  }
  if (failure) throw failure->error(call);
  kept_.push_front(made);
  if (kept_.size() > kKept) forget(std::prev(kept_.end()));
  reused = false;
  return made.name;
}

void PostgresqlPluginRunner::cancel() {
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> how(PQgetCancel(connection_),
                                                               PQfreeCancel);
  std::array<char, 256> why{};
  if (how) PQcancel(how.get(), why.data(), static_cast<int>(why.size()));
}

// Row by row, so that a result is not larger in memory than it may be.
std::optional<PgFailure> PostgresqlPluginRunner::run(const PluginCall& call,
                                                     const std::string& name, PluginRows& rows,
                                                     std::int64_t& changed) {
  std::vector<std::string> texts(call.parameters.size());
  std::vector<const char*> values;
  for (std::size_t k = 0; k < texts.size(); ++k) {
    const SqlValue& v = call.parameters[k];
    const bool is_number = v.kind == SqlValue::Kind::integer || v.kind == SqlValue::Kind::real;
    if (is_number) texts[k] = text_of(v);
    values.push_back(v.kind == SqlValue::Kind::null ? nullptr
                     : is_number                    ? texts[k].c_str()
                                                    : v.text.c_str());
  }
  if (PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(values.size()), values.data(),
                          nullptr, nullptr, 0) != 1)
    return PgFailure(connection_, nullptr);
  PQsetSingleRowMode(connection_);
  std::optional<PgFailure> failure;
  std::exception_ptr refused;
  for (;;) {
    const PgResult result(PQgetResult(connection_), PQclear);
    if (!result) break;
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_SINGLE_TUPLE && !refused) {
      try {
        rows.begin_row();
        for (int column = 0; rows.wanted() && column < PQnfields(result.get()); ++column) {
          rows.count(static_cast<std::size_t>(PQgetlength(result.get(), 0, column)));
          rows.add(cell_of(result.get(), column));
        }
      } catch (...) {
        refused = std::current_exception();
        cancel();
      }
    } else if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      const std::string_view count(PQcmdTuples(result.get()));
      std::from_chars(count.data(), count.data() + count.size(), changed);
    } else if (status != PGRES_SINGLE_TUPLE && !failure) {
      failure.emplace(connection_, result.get());
    }
  }
  if (refused) std::rethrow_exception(refused);
  return failure;
}

std::int64_t PostgresqlPluginRunner::execute(const PluginCall& call,
                                             const plugin_sql::OnRow& on_row) {
  if (call.schema) return schema(call);
  if (call.limits.time.count() <= 0) throw Error(ErrorKind::timeout, "the statement had no time");
  const std::string sql = plugin_statement(call, PluginEngine::postgresql).sql;
  PluginRows rows(call.limits, static_cast<bool>(on_row));
  std::int64_t changed = 0;
  {
    Part part(*this, call);
    for (bool reused = true, done = false; !done;) {
      const std::string name = prepared(call, sql, part, reused);
      const auto failure = run(call, name, rows, changed);
      done = !failure;
      if (!failure) break;
      if (!reused || !failure->is_outdated()) throw failure->error(call);
      part.again();
      forget(kept_.begin());
    }
    part.keep();
  }
  rows.hand_out(on_row);
  return call.reads ? 0 : changed;
}

}  // namespace

std::unique_ptr<PluginRunner> postgresql_plugin_runner(pg_conn* connection) {
  return std::make_unique<PostgresqlPluginRunner>(connection);
}

}  // namespace gardu::storage
