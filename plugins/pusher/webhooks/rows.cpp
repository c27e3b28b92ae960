// SPDX-License-Identifier: Apache-2.0
//
// Several rows a statement: a group is written in few round trips.
#include "webhooks/rows.hpp"

#include <chrono>

namespace gardu::pusher {
namespace {

constexpr size_t kRowsAtOnce = 32;
constexpr int kPage = 500;
constexpr int64_t kDay = int64_t{24} * 3'600 * 1'000'000;  // microseconds

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void WebhookRows::migrate() const {
  host_.db().migrate({{1, "webhooks",
                       "create table pusher_webhook_events ("
                       "id varchar(64) primary key, node varchar(64) not null, "
                       "claim varchar(64) not null, endpoint varchar(64) not null, "
                       "due_at bigint not null, body text not null);"
                       "create index pusher_webhook_events_node on pusher_webhook_events "
                       "(node, claim, id);"
                       "create table pusher_webhook_nodes ("
                       "id varchar(64) primary key, beat bigint not null, "
                       "stopped_at bigint not null);"}});
}

// Db::execute takes lists of a fixed length only.
void WebhookRows::run(const std::string& sql, const std::vector<Value>& values) const {
  std::vector<gardu_value> raw;
  raw.reserve(values.size());
  for (const Value& value : values) raw.push_back(value.raw());
  const gardu_host& table = host_.raw();
  gardu_error error = Status::record();
  detail::check(detail::need(detail::find<gardu_host_db>(table, GARDU_EXT_DB), GARDU_EXT_DB)
                    .execute(table.context, str(sql), raw.data(), static_cast<uint32_t>(raw.size()),
                             nullptr, nullptr, nullptr, &error),
                error);
}

void WebhookRows::insert(std::span<const StoredEvent* const> events) const {
  std::string sql =
      "insert into pusher_webhook_events (id, node, claim, endpoint, due_at, body) values ";
  std::vector<Value> values;
  for (size_t i = 0; i < events.size(); ++i) {
    const std::string n = std::to_string(i);
    sql += (i == 0 ? "(:i" : ", (:i") + n + ", :n" + n + ", '', :e" + n + ", :d" + n + ", :b" + n +
           ')';
    const StoredEvent& event = *events[i];
    values.insert(values.end(), {event.id, node_, event.endpoint, event.due, event.json});
  }
  run(sql + " on conflict (id) do update set due_at = excluded.due_at", values);
}

void WebhookRows::remove(std::span<const std::string> ids) const {
  std::string sql = "delete from pusher_webhook_events where id in (";
  std::vector<Value> values;
  for (size_t i = 0; i < ids.size(); ++i) {
    sql += (i == 0 ? ":i" : ", :i") + std::to_string(i);
    values.emplace_back(ids[i]);
  }
  run(sql + ')', values);
}

void WebhookRows::change(std::span<const StoredEvent* const> put,
                         std::span<const std::string> erase, std::optional<Millis> beat) const {
  host_.db().transaction([&] {
    if (beat)
      host_.db().execute(
          "insert into pusher_webhook_nodes (id, beat, stopped_at) values (:id, :beat, :stopped) "
          "on conflict (id) do update set beat = excluded.beat, stopped_at = excluded.stopped_at",
          {node_, now_us(), *beat});
    for (size_t i = 0; i < put.size(); i += kRowsAtOnce)
      insert(put.subspan(i, std::min(kRowsAtOnce, put.size() - i)));
    for (size_t i = 0; i < erase.size(); i += kRowsAtOnce)
      remove(erase.subspan(i, std::min(kRowsAtOnce, erase.size() - i)));
  });
}

std::vector<StoredEvent> WebhookRows::own(Millis& stopped_at) const {
  stopped_at =
      host_.db().number("select stopped_at from pusher_webhook_nodes where id = :id", {node_});
  // What was taken over keeps its claim, which is of no use any more.
  host_.db().execute(
      "update pusher_webhook_events set claim = '' where node = :node and claim <> ''", {node_});
  return read({});
}

std::vector<StoredEvent> WebhookRows::read(std::string_view claim) const {
  std::vector<StoredEvent> out;
  for (size_t before = 1; out.size() != before;) {
    before = out.size();
    const std::string after = out.empty() ? std::string() : out.back().id;
    host_.db().query(
        "select id, endpoint, due_at, body from pusher_webhook_events "
        "where node = :node and claim = :claim and id > :after order by id limit :page",
        {node_, claim, after, kPage}, [&](const Row& row) {
          out.push_back({row.text(0), row.text(1), row.integer(2), row.text(3), true});
          return true;
        });
  }
  return out;
}

std::vector<std::pair<std::string, int64_t>> WebhookRows::others() const {
  std::vector<std::pair<std::string, int64_t>> out;
  host_.db().query(
      "select e.node, n.beat from (select distinct node from pusher_webhook_events "
      "where node <> :node) e left join pusher_webhook_nodes n on n.id = e.node",
      {node_}, [&](const Row& row) {
        out.emplace_back(row.text(0), row.integer(1));
        return true;
      });
  return out;
}

std::string WebhookRows::new_claim() const {
  return node_.substr(0, 32) + '.' + std::to_string(now_us());
}

// The claim names what this call has got, and nobody else: of two nodes that try, the second finds
// no rows with the dead one's name any more.
void WebhookRows::take_over(const std::string& node, const std::string& claim) const {
  host_.db().transaction([&] {
    host_.db().execute(
        "update pusher_webhook_events set node = :me, claim = :claim where node = :them",
        {node_, claim, node});
    host_.db().execute("delete from pusher_webhook_nodes where id = :them", {node});
  });
}

// One that lives says so again soon.
void WebhookRows::forget_nodes() const {
  host_.db().execute(
      "delete from pusher_webhook_nodes where beat < :old and id <> :me "
      "and id not in (select node from pusher_webhook_events)",
      {now_us() - kDay, node_});
}

}  // namespace gardu::pusher
