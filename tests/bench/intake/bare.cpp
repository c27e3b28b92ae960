// SPDX-License-Identifier: Apache-2.0
#include "bare.hpp"

#include <sqlite3.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <variant>
#include <vector>

namespace gardu::bench {
namespace {

using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Values = std::vector<Value>;

class Connection;

class Statement {
 public:
  Statement(Connection& connection, const std::string& sql);
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind(int at, const Value& value);
  bool step();
  void run(const Values& values);
  Value column(int at) const;
  int columns() const { return sqlite3_column_count(statement_); }

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_ = nullptr;
};

class Connection {
 public:
  explicit Connection(const std::filesystem::path& file) {
    if (sqlite3_open(file.c_str(), &handle_) != SQLITE_OK)
      throw std::runtime_error("cannot open " + file.string());
  }
  ~Connection() { sqlite3_close(handle_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void execute(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(std::string("bare: ") + sqlite3_errmsg(handle_));
  }
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

Statement::Statement(Connection& connection, const std::string& sql)
    : connection_(connection.handle()) {
  if (sqlite3_prepare_v3(connection_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement_,
                         nullptr) != SQLITE_OK)
    throw std::runtime_error(std::string("bare: ") + sqlite3_errmsg(connection_));
}

void Statement::bind(int at, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    sqlite3_bind_text(statement_, at, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
  else if (const auto* number = std::get_if<std::int64_t>(&value))
    sqlite3_bind_int64(statement_, at, *number);
  else
    sqlite3_bind_null(statement_, at);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_);
  if (code != SQLITE_DONE)
    throw std::runtime_error(std::string("bare: ") + sqlite3_errmsg(connection_));
  return false;
}

void Statement::run(const Values& values) {
  int at = 0;
  for (const Value& value : values) bind(++at, value);
  step();
}

Value Statement::column(int at) const {
  switch (sqlite3_column_type(statement_, at)) {
    case SQLITE_INTEGER:
      return static_cast<std::int64_t>(sqlite3_column_int64(statement_, at));
    case SQLITE_NULL:
      return {};
    default:
      return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement_, at)),
                         static_cast<std::size_t>(sqlite3_column_bytes(statement_, at)));
  }
}

std::string text(const Value& value) {
  const auto* s = std::get_if<std::string>(&value);
  return s ? *s : std::string();
}

// The columns that stand in each list, first what the rows are found by.
constexpr const char* kContact =
    "id, workspace_id, account_id, address, phone, name, profile_picture_url, is_group, labels, "
    "custom_fields, archived, blocked, conversation_status, assigned_to, auto_reply, created_at";
constexpr const char* kIdentity = "contact_id, workspace_id, account_id, kind, value";
constexpr const char* kMessage =
    "id, contact_id, created_at, workspace_id, account_id, client_ref, provider_message_id, "
    "raw_id, direction, chat_type, type, sender, text, content, reply_to_message_id, "
    "reply_to_provider_id, forwarded, status, priority, error, sent_by, metadata, sent_at, "
    "delivered_at, read_at, played_at, failed_at, edited_at, deleted_at, occurred_at";
constexpr const char* kEntry =
    "seq, type, contact_id, message_id, id, workspace_id, account_id, occurred_at, recorded_at, "
    "source, data";

std::string insertion(const char* table, const std::string& columns) {
  std::string places = "?";
  for (const char c : columns)
    if (c == ',') places += ", ?";
  return std::string("insert into ") + table + " (" + columns + ") values (" + places + ")";
}

// All that is written, in memory, so that the measured part reads nothing.
class Source {
 public:
  explicit Source(const std::filesystem::path& file) : connection_(file) {}
  std::vector<Values> all(const char* columns, const std::string& rest) {
    Statement s(connection_, std::string("select ") + columns + " from " + rest);
    std::vector<Values> out;
    while (s.step()) {
      Values& row = out.emplace_back();
      for (int i = 0; i < s.columns(); ++i) row.push_back(s.column(i));
    }
    return out;
  }
  std::unordered_multimap<std::string, Values> by_first(const char* columns, const char* table) {
    std::unordered_multimap<std::string, Values> out;
    for (Values& row : all(columns, table)) {
      std::string key = text(row.front());
      out.emplace(std::move(key), std::move(row));
    }
    return out;
  }

 private:
  Connection connection_;
};

class Target {
 public:
  Target(const std::filesystem::path& file, const std::string& synchronous) : connection_(file) {
    // As the gateway opens its own.
    connection_.execute("pragma journal_mode = wal; pragma synchronous = " + synchronous +
                        "; pragma foreign_keys = on; pragma temp_store = memory; "
                        "pragma cache_size = -8192; pragma journal_size_limit = 67108864; "
                        "pragma wal_autocheckpoint = 4000");
  }
  Connection& connection() { return connection_; }

 private:
  Connection connection_;
};

}  // namespace

Bare insert_bare(const std::filesystem::path& from, const std::filesystem::path& to,
                 std::size_t messages, std::size_t batch, const std::string& synchronous) {
  Source source(from);
  const auto contacts = source.by_first(kContact, "contacts");
  const auto identities = source.by_first(kIdentity, "contact_identities");
  const auto stored = source.by_first(kMessage, "messages");
  const auto journal = source.all(kEntry, "journal order by seq");
  const auto bodies = source.by_first("id, body", "messages join message_bodies using (n)");

  Target target(to, synchronous);
  Connection& c = target.connection();
  c.execute("attach '" + from.string() +
            "' as gateway; insert into workspaces select * from gateway.workspaces; "
            "insert into accounts select * from gateway.accounts; detach gateway");
  Statement begin(c, "begin immediate"), commit(c, "commit");
  Statement contact(c, insertion("contacts", kContact));
  Statement identity(c, insertion("contact_identities", kIdentity));
  Statement message(c, insertion("messages", kMessage));
  Statement entry(c, insertion("journal", kEntry));
  Statement touch(c,
                  "update contacts set last_message_id = ?, last_message_at = max(?, "
                  "last_message_at), unread = unread + 1 where workspace_id = ? and id = ?");
  Statement index(c, "insert into message_text (rowid, body) values (last_insert_rowid(), ?)");
  Statement counter(c, "update counters set value = ? where name = 'journal'");

  Bare out;
  std::size_t open = 0;  // messages in this transaction
  const std::clock_t cpu = std::clock();
  const auto start = std::chrono::steady_clock::now();
  begin.run({});
  for (const Values& e : journal) {
    const std::string type = text(e[1]);
    if (type == "contact.created") {
      const auto id = text(e[2]);
      contact.run(contacts.find(id)->second);
      const auto [first, last] = identities.equal_range(id);
      for (auto it = first; it != last; ++it, ++out.rows) identity.run(it->second);
      ++out.rows;
    } else if (type == "message.received") {
      const Values& m = stored.find(text(e[3]))->second;
      message.run(m);
      index.run({bodies.find(text(m[0]))->second[1]});
      touch.run({m[0], m[2], m[3], m[1]});
      ++out.messages;
      ++open;
      out.rows += 3;
    } else {
      continue;
    }
    entry.run(e);
    ++out.rows;
    if (open < batch && out.messages < messages) continue;
    counter.run({e[0]});
    commit.run({});
    open = 0;
    begin.run({});
    if (out.messages == messages) break;
  }
  commit.run({});
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  out.cpu_ns = static_cast<std::int64_t>(std::clock() - cpu) * (1'000'000'000 / CLOCKS_PER_SEC);
  return out;
}

}  // namespace gardu::bench
