// SPDX-License-Identifier: Apache-2.0
//
// The queue's table for tests: does what the statements of queue.cpp ask for, over a vector.
#pragma once
#include <algorithm>
#include <cstdint>
#include <gardu/testing/fake_host.hpp>
#include <string>
#include <vector>

namespace forward_events {

struct FakeTable {
  struct Row {
    std::string id, target, lane, workspace_id, event, body, state, last_error;
    std::int64_t seq = 0, attempts = 0, not_before = 0, changed_at = 0;
  };
  std::vector<Row> rows;

  const Row* find(const std::string& id) const {
    const auto at =
        std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.id == id; });
    return at == rows.end() ? nullptr : &*at;
  }

  gardu::testing::SqlAnswer operator()(const std::string& sql, const gardu::testing::Cells& p) {
    using gardu::testing::Cell;
    const auto text = [&](size_t i) { return std::get<std::string>(p.at(i)); };
    const auto number = [&](size_t i) { return std::get<std::int64_t>(p.at(i)); };
    gardu::testing::SqlAnswer out;
    const auto change = [&](const std::string& id, auto&& f) {
      out.affected = 0;
      for (Row& r : rows)
        if (r.id == id) f(r), out.affected = 1;
    };
    const auto listed = [](const Row& r) {
      return std::vector<Cell>{r.id,       r.seq,        r.target,     r.event,     r.state,
                               r.attempts, r.not_before, r.changed_at, r.last_error};
    };
    if (sql.starts_with("insert")) {
      rows.push_back({text(0), text(2), text(3), text(4), text(5), text(6), "queued", "", number(1),
                      0, 0, number(7)});
    } else if (sql.starts_with("select q.id")) {
      for (const Row* r : heads(text(0)))
        if (r->not_before <= number(1) && out.rows.size() < static_cast<size_t>(number(2)))
          out.rows.push_back({r->id, r->seq, r->lane, r->event, r->body, r->attempts});
    } else if (sql.starts_with("select min")) {
      Cell least = nullptr;
      for (const Row& r : rows)
        if (r.target == text(0) && r.state == "queued" && r.not_before > number(1))
          if (least.index() == 0 || r.not_before < std::get<std::int64_t>(least))
            least = r.not_before;
      out.rows = {{least}};
    } else if (sql.starts_with("select count") && sql.find("id = :id") != std::string::npos) {
      out.rows = {{std::int64_t{find(text(0)) != nullptr}}};
    } else if (sql.starts_with("select count")) {
      out.rows = {{std::count_if(rows.begin(), rows.end(), [&](const Row& r) {
        return r.target == text(0) && r.state == "queued";
      })}};
    } else if (sql.starts_with("select distinct")) {
      for (const Row& r : rows)
        if (r.state == "queued") out.rows.push_back({r.target});
    } else if (sql.find("and state = :state") != std::string::npos) {
      for (const Row& r : rows)
        if (r.workspace_id == text(0) && r.state == text(1) &&
            (r.seq > number(2) || (r.seq == number(3) && r.id > text(4))) &&
            out.rows.size() < static_cast<size_t>(number(5)))
          out.rows.push_back(listed(r));
    } else if (sql.starts_with("select id")) {
      const Row* r = find(text(1));
      if (r != nullptr && r->workspace_id == text(0)) out.rows.push_back(listed(*r));
    } else if (sql.starts_with("delete") && sql.find("state") == std::string::npos) {
      out.affected = std::erase_if(rows, [&](const Row& r) { return r.id == text(0); });
    } else if (sql.starts_with("delete")) {
      out.affected = std::erase_if(
          rows, [&](const Row& r) { return r.state == "dead" && r.changed_at < number(0); });
    } else if (sql.find("set attempts") != std::string::npos) {
      change(text(4), [&](Row& r) {
        r.attempts = number(0), r.not_before = number(1), r.last_error = text(2);
      });
    } else if (sql.find("'dead', attempts") != std::string::npos) {
      change(text(3), [&](Row& r) {
        r.state = "dead", r.attempts = number(0), r.last_error = text(1), r.changed_at = number(2);
      });
    } else if (sql.find("'dead', last_error") != std::string::npos) {
      out.affected = 0;
      for (Row& r : rows)
        if (r.target == text(1) && r.state == "queued") r.state = "dead", ++out.affected;
    } else if (sql.find("set state = 'queued'") != std::string::npos) {
      change(text(1), [&](Row& r) { r.state = "queued", r.attempts = r.not_before = 0; });
    } else {
      out.status = gardu::Status::invalid("not a statement that this table knows: " + sql);
    }
    return out;
  }

 private:
  std::vector<const Row*> heads(const std::string& target) const {
    std::vector<const Row*> all, out;
    for (const Row& r : rows)
      if (r.target == target && r.state == "queued") all.push_back(&r);
    std::sort(all.begin(), all.end(), [](auto* a, auto* b) { return a->seq < b->seq; });
    for (const Row* r : all)
      if (std::none_of(out.begin(), out.end(), [&](auto* o) { return o->lane == r->lane; }))
        out.push_back(r);
    return out;
  }
};

}  // namespace forward_events
