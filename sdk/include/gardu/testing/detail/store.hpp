// SPDX-License-Identifier: Apache-2.0
//
// For the FakeHost itself: gardu.db/1 and gardu.kv/1. Statements are written down, not run: what
// they answer is the test's.
#pragma once
#include <cctype>

#include "../../abi/ext/db.h"
#include "../../abi/ext/kv.h"
#include "units.hpp"

namespace gardu::testing::detail {

// ---- gardu.db/1
// The names of a statement's parameters, in order; each once.
inline std::vector<std::string> parameter_names(std::string_view sql) {
  std::vector<std::string> names;
  const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '\'' || sql[i] == '"') {
      const size_t end = sql.find(sql[i], i + 1);
      if (end == std::string_view::npos) break;
      i = end;
    } else if (sql[i] == ':' && i + 1 < sql.size() && word(sql[i + 1]) &&
               (i == 0 || sql[i - 1] != ':')) {
      size_t end = i + 1;
      while (end < sql.size() && word(sql[end])) ++end;
      std::string name(sql.substr(i + 1, end - i - 1));
      if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(std::move(name));
      i = end - 1;
    }
  }
  return names;
}
inline bool in_subset(std::string_view sql) {
  std::string first;
  for (const char c : sql.substr(std::min(sql.find_first_not_of(" \t\r\n("), sql.size()))) {
    if (!std::isalpha(static_cast<unsigned char>(c))) break;
    first += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return first == "select" || first == "insert" || first == "update" || first == "delete" ||
         first == "with";
}
inline Cell owned(State& s, const gardu_value& v) {
  switch (v.kind) {
    case GARDU_VALUE_INTEGER:
      return v.integer;
    case GARDU_VALUE_REAL:
      return v.real;
    case GARDU_VALUE_TEXT:
      return s.take("gardu.db/1 execute", "a parameter", v.text);
    default:
      return nullptr;
  }
}
inline int32_t migrate(void* context, const gardu_migration* migrations, uint32_t count,
                       gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_DB, "migrate", Tag::in_start, error, [&](State& s) {
    constexpr std::string_view kFunction = "gardu.db/1 migrate";
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const gardu_migration& m = migrations[i];
      if (!GARDU_HAS(&m, gardu_migration, sql)) return s.too_short(kFunction, "gardu_migration");
      std::string sql = s.take(kFunction, "sql", m.sql);
      if (m.number <= last) return Status::invalid("the numbers of migrations grow, from 1 on");
      last = m.number;
      const std::lock_guard lock(s.mutex);
      if (s.sql_asked)
        s.fault_locked(std::string(kFunction) +
                       ": called after a statement (before anything else is asked of the tables)");
      const auto [at, fresh] = s.migrated.try_emplace(m.number, sql);
      if (!fresh && at->second != sql)
        return Status::invalid("migration " + std::to_string(m.number) +
                               " was applied with other SQL; one that was applied never changes");
      if (fresh) s.sql.push_back({SqlStep::Kind::migrate, std::move(sql), {}});
    }
    const std::lock_guard lock(s.mutex);
    if (!s.migrated.empty() && s.migrated.rbegin()->first > last)
      return Status::invalid("a newer version of the plugin applied migrations beyond these");
    return Status{};
  });
}
inline void show_rows(State& s, const SqlAnswer& answer,
                      int32_t (*on_row)(void*, const gardu_value*, uint32_t), void* user) {
  for (const Cells& row : answer.rows) {
    Shown shown;
    auto* cells = shown.make<gardu_value>(row.size());
    for (size_t i = 0; i < row.size(); ++i) {
      if (const auto* n = std::get_if<int64_t>(&row[i])) {
        cells[i].kind = GARDU_VALUE_INTEGER;
        cells[i].integer = *n;
      } else if (const auto* r = std::get_if<double>(&row[i])) {
        cells[i].kind = GARDU_VALUE_REAL;
        cells[i].real = *r;
      } else if (const auto* t = std::get_if<std::string>(&row[i])) {
        cells[i].kind = GARDU_VALUE_TEXT;
        cells[i].text = shown.text(*t);
      }
    }
    const bool more = on_row(user, cells, static_cast<uint32_t>(row.size())) != 0;
    s.bury(shown);
    if (!more) return;
  }
}
inline int32_t execute(void* context, gardu_str sql, const gardu_value* parameters, uint32_t count,
                       int32_t (*on_row)(void* user, const gardu_value* cells, uint32_t count),
                       void* user, int64_t* affected, gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_DB, "execute", Tag::started, error, [&](State& s) {
    SqlStep step{SqlStep::Kind::execute, s.take("gardu.db/1 execute", "sql", sql), {}};
    for (uint32_t i = 0; i < count; ++i) step.parameters.push_back(owned(s, parameters[i]));
    if (!in_subset(step.sql))
      return Status::invalid("not a select, insert, update, delete or with: " + step.sql);
    if (const auto names = parameter_names(step.sql); names.size() != count)
      return Status::invalid("the statement has " + std::to_string(names.size()) +
                             " parameters, and " + std::to_string(count) +
                             " were bound: " + step.sql);
    std::function<SqlAnswer(const std::string&, const Cells&)> f;
    {
      const std::lock_guard lock(s.mutex);
      s.sql_asked = true;
      s.sql.push_back(step);
      f = s.sql_answer;
    }
    const SqlAnswer answer = f ? f(step.sql, step.parameters) : SqlAnswer{};
    if (!answer.status.ok()) return answer.status;
    if (affected != nullptr) *affected = answer.affected;
    if (on_row != nullptr) show_rows(s, answer, on_row, user);
    return Status{};
  });
}
inline int32_t transaction(void* context, int32_t (*body)(void* user, gardu_error* error),
                           void* user, gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_DB, "transaction", Tag::started, error, [&](State& s) {
    const auto note = [&](SqlStep::Kind kind) {
      const std::lock_guard lock(s.mutex);
      s.sql.push_back({kind, {}, {}});
    };
    note(SqlStep::Kind::begin);
    begin_unit(s);
    gardu_error why = Status::record();
    const int32_t code = body(user, &why);
    const Status outcome = Status::read_from(code, why);
    note(outcome.ok() ? SqlStep::Kind::commit : SqlStep::Kind::rollback);
    end_unit(s, outcome, {GARDU_REJECTED, "its transaction was undone"});
    return outcome;
  });
}
inline constexpr gardu_host_db kDb{sizeof(gardu_host_db), 0, &migrate, &execute, &transaction};

// ---- gardu.kv/1
using OnValue = int32_t (*)(void* user, gardu_str key, gardu_str value);

inline const KvEntry* kv_find_locked(const State& s, std::string_view key) {
  const auto it = s.kv.find(key);
  if (it == s.kv.end() || (it->second.expires != 0 && it->second.expires <= s.now)) return nullptr;
  return &it->second;
}
inline void kv_change_locked(State& s, const std::string& key, std::optional<KvEntry> entry) {
  if (auto* open = s.units_locked()) {
    const KvEntry* had = kv_find_locked(s, key);
    open->back().kv_before.emplace_back(key, had ? std::optional(*had) : std::nullopt);
  }
  if (entry)
    s.kv[key] = *std::move(entry);
  else
    s.kv.erase(key);
}
inline Status kv_key(State& s, std::string_view function, gardu_str in, std::string& out) {
  out = s.take(function, "key", in);
  if (out.empty() || out.size() > 200) return Status::invalid("a key has 1 to 200 bytes");
  return {};
}
inline bool show_value(State& s, std::string_view key, std::string_view value, OnValue on_value,
                       void* user) {
  Shown shown;
  const bool more = on_value(user, shown.text(key), shown.text(value)) != 0;
  s.bury(shown);
  return more;
}
inline int32_t kv_get(void* context, gardu_str key, OnValue on_value, void* user,
                      gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_KV, "get", Tag::started, error, [&](State& s) {
    std::string name, value;
    if (Status bad = kv_key(s, "gardu.kv/1 get", key, name); !bad.ok()) return bad;
    {
      const std::lock_guard lock(s.mutex);
      const KvEntry* entry = kv_find_locked(s, name);
      if (entry == nullptr) return Status{GARDU_NOT_FOUND, "there is no such key"};
      value = entry->value;
    }
    show_value(s, name, value, on_value, user);
    return Status{};
  });
}
inline Status kv_write(State& s, std::string_view function, gardu_str key,
                       const gardu_str* const* expected, gardu_str value, int64_t ttl) {
  std::string name;
  if (Status bad = kv_key(s, function, key, name); !bad.ok()) return bad;
  if (value.size > 256U * 1024U) return Status::invalid("a value has at most 256 KiB");
  if (ttl < 0) return Status::invalid("the time to live is negative");
  std::string bytes = s.take(function, "value", value, false);
  const std::lock_guard lock(s.mutex);
  if (expected != nullptr) {
    const KvEntry* had = kv_find_locked(s, name);
    const bool same =
        *expected == nullptr ? had == nullptr : had != nullptr && had->value == view(**expected);
    if (!same) return Status::rejected("the present value is another");
  }
  kv_change_locked(s, name, KvEntry{std::move(bytes), ttl == 0 ? 0 : s.now + ttl});
  return {};
}
inline int32_t kv_put(void* context, gardu_str key, gardu_str value, int64_t ttl,
                      gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_KV, "put", Tag::started, error,
               [&](State& s) { return kv_write(s, "gardu.kv/1 put", key, nullptr, value, ttl); });
}
inline int32_t kv_compare_and_put(void* context, gardu_str key, const gardu_str* expected,
                                  gardu_str value, int64_t ttl, gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_KV, "compare_and_put", Tag::started, error, [&](State& s) {
    return kv_write(s, "gardu.kv/1 compare_and_put", key, &expected, value, ttl);
  });
}
inline int32_t kv_erase(void* context, gardu_str key, gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_KV, "erase", Tag::started, error, [&](State& s) {
    std::string name;
    if (Status bad = kv_key(s, "gardu.kv/1 erase", key, name); !bad.ok()) return bad;
    const std::lock_guard lock(s.mutex);
    kv_change_locked(s, name, std::nullopt);
    return Status{};
  });
}
inline int32_t kv_scan(void* context, gardu_str prefix, gardu_str after, uint32_t limit,
                       OnValue on_value, void* user, gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_KV, "scan", Tag::started, error, [&](State& s) {
    const std::string begins = s.take("gardu.kv/1 scan", "prefix", prefix);
    const std::string from = s.take("gardu.kv/1 scan", "after", after);
    const size_t most = limit == 0 || limit > 1000 ? 1000 : limit;
    std::vector<std::pair<std::string, std::string>> found;
    {
      const std::lock_guard lock(s.mutex);
      for (const auto& [key, entry] : s.kv)
        if (found.size() < most && key.starts_with(begins) && key > from &&
            kv_find_locked(s, key) != nullptr)
          found.emplace_back(key, entry.value);
    }
    for (const auto& [key, value] : found)
      if (!show_value(s, key, value, on_value, user)) break;
    return Status{};
  });
}
inline constexpr gardu_host_kv kKv{sizeof(gardu_host_kv), 0,         &kv_get, &kv_put,
                                   &kv_compare_and_put,   &kv_erase, &kv_scan};

}  // namespace gardu::testing::detail
