// SPDX-License-Identifier: Apache-2.0
#include "plans.hpp"

#include <soci/soci.h>

#include <array>
#include <regex>

#include "storage/backlog.hpp"
#include "storage/early_statuses.hpp"

namespace gardu::storage::testing {
namespace {

using Value = std::variant<std::monostate, std::int64_t, std::string>;

std::string literal(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return "null";
  std::string out = "'";
  for (const char c : *text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

// A parameter is a colon and a name.
std::string with_values(const TracedStatement& s,
                        const std::function<std::string(std::size_t)>& one) {
  static const std::regex kParameter(":[a-z][a-z0-9_]*");
  std::string out;
  auto at = s.sql.begin();
  std::size_t i = 0;
  for (std::cregex_iterator it(s.sql.data(), s.sql.data() + s.sql.size(), kParameter), end;
       it != end; ++it) {
    const auto* begin = s.sql.data() + it->position();
    out.append(at, begin);
    out += one(i++);
    at = begin + it->length();
  }
  return out.append(at, s.sql.end());
}

// Prepared as the repositories' are, and planned without a look at the values; a statement of it to
// explain.
std::string on_postgresql(const TracedStatement& s) {
  std::string values;
  for (const Value& v : s.values) values += (values.empty() ? "" : ", ") + literal(v);
  return "prepare p as " +
         with_values(s, [](std::size_t i) { return "$" + std::to_string(i + 1); }) +
         ";explain execute p" + (values.empty() ? "" : "(" + values + ")");
}

// What the engine gets to see of the statement.
std::string as_explained(const TracedStatement& s) {
  if (backend() == "postgresql") return on_postgresql(s);
  if (backend() == "mysql")
    return "explain format=json " +
           with_values(s, [&](std::size_t i) { return literal(s.values.at(i)); });
  return "explain query plan " + std::string(s.sql);
}

bool is_of_interest(std::string_view sql) {
  static constexpr std::array<std::string_view, 11> kNot{"begin",
                                                         "start transaction",
                                                         "commit",
                                                         "rollback",
                                                         "savepoint",
                                                         "release",
                                                         "insert",
                                                         "replace",
                                                         "select get_lock",
                                                         "select release_lock",
                                                         "select last_insert"};
  for (const auto beginning : kNot)
    if (sql.starts_with(beginning)) return false;
  return true;
}

std::string joined(soci::session& session, const std::string& sql) {
  std::string out;
  const soci::rowset<soci::row> rows = session.prepare << sql;
  for (const soci::row& row : rows) {
    // SQLite's text stands behind three numbers.
    const std::size_t last = row.size() - 1;
    out += row.get<std::string>(last) + "\n";
  }
  return out;
}

// Lines of PostgreSQL's plan that read an index from its beginning to its end; one that has the
// wanted rows alone may be.
bool reads_whole_index(const std::string& plan) {
  static const std::regex kScan(
      "Index (Only )?Scan (Backward )?using (?!outbox_(leased|open|due|waiting) )[^\n]*\n"
      " *(?! |Index Cond)");
  return std::regex_search(plan, kScan) || plan.find("Seq Scan") != std::string::npos;
}

bool scans(const std::string& plan) {
  if (backend() == "postgresql") return reads_whole_index(plan);
  if (backend() == "mysql") {
    static const std::regex kScan(
        R"r("table_name": "(?!<|a"|h"|old"|elements")[^"]+",\s*"access_type": "(ALL|index)")r");
    return std::regex_search(plan, kScan);
  }
  // A subquery's rows and a function's are looked at one by one, as they come; and an index that
  // has the wanted rows alone is read as a whole.
  static const std::regex kScan(
      R"((^|\n)SCAN (?!\w+ USING (COVERING )?INDEX outbox_(leased|open)\n|a\n|h\n|old\n|CONSTANT ROW|\(subquery|[a-z_]+ VIRTUAL TABLE INDEX))");
  return std::regex_search(plan, kScan);
}

bool sorts(const std::string& plan) {
  const char* word = backend() == "postgresql" ? "Sort"
                     : backend() == "mysql"    ? "filesort"
                                               : "TEMP B-TREE";
  return plan.find(word) != std::string::npos;
}

const char* full_text_index() {
  return backend() == "postgresql" ? "Bitmap Index Scan on messages_text"
         : backend() == "mysql"    ? "\"access_type\": \"fulltext\""
                                   : "SCAN message_text VIRTUAL TABLE INDEX";
}

}  // namespace

bool goes_by(const std::string& plan, const std::string& index) {
  return plan.find(backend() == "mysql" ? "\"key\": \"" + index + '"' : index) != std::string::npos;
}

PlansTest::PlansTest() {
  add_workspace("w2");
  for (const char* account : {"a2", "a3"}) add_account("w2", account);
  write([](Transaction& tx) {
    for (int i = 1; i <= 500; ++i) {
      BacklogEntry b;
      b.plugin = "p" + std::to_string(i % 20);
      b.seq = i;
      b.lane = std::to_string(i % 7);
      backlog::put(tx, b);
      early_statuses::put(tx, {"a", "e" + std::to_string(i), "sent", i, std::nullopt});
    }
    for (int i = 0; i < 3000; ++i) {
      const std::string n = std::to_string(i);
      const bool other = i % 10 != 0;
      const std::string workspace = other ? "w2" : "w";
      const std::string account = other ? (i % 2 == 0 ? "a2" : "a3") : "a";
      if (i < 1000) {
        Contact c;
        c.id = "c" + n;
        c.workspace_id = workspace;
        c.account_id = account;
        c.address = c.id + "@x";
        c.phone = "+62" + n;
        c.name = "Name " + n;
        c.last_message_at = i;
        c.unread = i % 7 == 0 ? 1 : 0;
        c.archived = i % 9 == 0;
        c.identities.push_back({"phone", *c.phone});
        contacts::insert(tx, c);
      }
      Message m = message("m" + n, i);
      m.workspace_id = workspace;
      m.account_id = account;
      m.contact_id = "c" + std::to_string(i % 1000);
      m.provider_message_id = "p" + n;
      m.raw_id = "r" + n;
      m.text = i % 50 == 0 ? "a seldom word" : "what everybody says";
      m.status = i % 30 == 0 ? "failed" : "sent";
      messages::insert(tx, m);
      JournalEntry e = event("e" + n);
      e.workspace_id = workspace;
      e.account_id = account;
      e.contact_id = m.contact_id;
      e.message_id = m.id;
      tx.append(e);
      OutboxEntry o;
      o.message_id = m.id;
      o.workspace_id = workspace;
      o.account_id = account;
      o.contact_id = m.contact_id;
      o.state = i % 30 == 0 ? "queued" : i % 100 == 1 ? "leased" : "done";
      o.lease_holder = "h";
      outbox::enqueue(tx, o);
    }
  });
  const auto session = connect_to(options());
  if (backend() == "postgresql") *session << "analyze";
  if (backend() == "mysql")
    for (const char* table :
         {"contacts", "messages", "journal", "outbox", "event_backlog", "early_statuses"})
      *session << std::string("analyze table ") + table;
  traced_.emplace(traced());
}

Options PlansTest::traced() {
  Options out = options();
  out.trace = [this](const TracedStatement& s) {
    const std::lock_guard lock(mutex_);
    if (is_of_interest(s.sql)) caught_.push_back(as_explained(s));
  };
  return out;
}

std::vector<Plan> PlansTest::plans_of(const std::function<void(Session&)>& body, bool full_text) {
  {
    const std::lock_guard lock(mutex_);
    caught_.clear();
  }
  traced_->read(body);
  return explain(full_text);
}

std::vector<Plan> PlansTest::plans_of_work(const Writer::Work& body) {
  // The plans are those of what is there before.
  traced_->writer().run([&](Transaction& tx) {
    {
      const std::lock_guard lock(mutex_);
      caught_.clear();
    }
    body(tx);
  });
  return explain(false);
}

std::vector<Plan> PlansTest::explain(bool full_text) {
  const auto session = connect_to(options());
  if (backend() == "postgresql") {
    // Is there a way by the index at all? With so few rows it may well not be the cheapest.
    *session << "set plan_cache_mode = force_generic_plan";
    *session << "set enable_seqscan = off";
    *session << std::string("set ") + (full_text ? "enable_indexscan" : "enable_bitmapscan") +
                    " = off";
  }
  std::vector<Plan> out;
  const std::lock_guard lock(mutex_);
  for (const std::string& sql : caught_) {
    const auto between = sql.find(";explain");
    if (between == std::string::npos) {
      out.push_back({sql, joined(*session, sql)});
    } else {
      // A page of a list is not to be sorted out of all that there is.
      const bool page = !full_text && sql.find(" limit ") != std::string::npos;
      *session << std::string("set enable_sort = ") + (page ? "off" : "on");
      *session << sql.substr(0, between);
      out.push_back({sql, joined(*session, sql.substr(between + 1))});
      *session << "deallocate p";
    }
  }
  EXPECT_FALSE(out.empty());
  return out;
}

void PlansTest::expect_index(const std::vector<Plan>& plans) {
  for (const Plan& p : plans) EXPECT_FALSE(scans(p.text)) << p.sql << "\n" << p.text;
}

void PlansTest::expect_list(const std::vector<Plan>& plans) {
  expect_index(plans);
  for (const Plan& p : plans) EXPECT_FALSE(sorts(p.text)) << p.sql << "\n" << p.text;
}

void PlansTest::expect_full_text(const std::vector<Plan>& plans) {
  for (const Plan& p : plans)
    EXPECT_NE(p.text.find(full_text_index()), std::string::npos) << p.sql << "\n" << p.text;
}

}  // namespace gardu::storage::testing
