// SPDX-License-Identifier: Apache-2.0
#include "queue.hpp"

#include <algorithm>

namespace forward_events {
namespace {

constexpr const char* kTable =
    "create table forward_events_queue ("
    " id varchar(64) primary key, seq bigint not null, target varchar(32) not null,"
    " lane varchar(80) not null, workspace_id varchar(36) not null, event varchar(120) not null,"
    " body text not null, state varchar(16) not null, attempts bigint not null,"
    " not_before bigint not null, changed_at bigint not null, last_error varchar(300) not null);"
    "create index forward_events_queue_due on forward_events_queue (target, state, seq);"
    "create index forward_events_queue_lane on forward_events_queue (target, lane, state, seq);";
constexpr const char* kExists = "select count(*) from forward_events_queue where id = :id";
constexpr const char* kAdd =
    "insert into forward_events_queue (id, seq, target, lane, workspace_id, event, body, state,"
    " attempts, not_before, changed_at, last_error)"
    " values (:id, :seq, :target, :lane, :workspace, :event, :body, 'queued', 0, 0, :now, '')";
// What failed and waits for its retry holds back what came after it in its lane.
constexpr const char* kDue =
    "select q.id, q.seq, q.lane, q.event, q.body, q.attempts from forward_events_queue q"
    " where q.target = :target and q.state = 'queued' and q.not_before <= :now"
    " and not exists (select 1 from forward_events_queue p where p.target = q.target"
    " and p.lane = q.lane and p.state = 'queued' and p.seq < q.seq)"
    " order by q.seq limit :most";
constexpr const char* kNextDue =
    "select min(not_before) from forward_events_queue"
    " where target = :target and state = 'queued' and not_before > :now";
constexpr const char* kWaiting =
    "select count(*) from forward_events_queue where target = :target and state = 'queued'";
constexpr const char* kRemove = "delete from forward_events_queue where id = :id";
constexpr const char* kPostpone =
    "update forward_events_queue set attempts = :attempts, not_before = :at, last_error = :why,"
    " changed_at = :now where id = :id";
constexpr const char* kBury =
    "update forward_events_queue set state = 'dead', attempts = :attempts, last_error = :why,"
    " changed_at = :now where id = :id";
constexpr const char* kTargets =
    "select distinct target from forward_events_queue where state = 'queued'";
constexpr const char* kBuryAll =
    "update forward_events_queue set state = 'dead', last_error = 'its target is not configured',"
    " changed_at = :now where target = :target and state = 'queued'";
constexpr const char* kForget =
    "delete from forward_events_queue where state = 'dead' and changed_at < :before";
constexpr const char* kList =
    "select id, seq, target, event, state, attempts, not_before, changed_at, last_error"
    " from forward_events_queue where workspace_id = :workspace and state = :state"
    " and (seq > :after or (seq = :same and id > :id)) order by seq, id limit :most";
constexpr const char* kFind =
    "select id, seq, target, event, state, attempts, not_before, changed_at, last_error"
    " from forward_events_queue where workspace_id = :workspace and id = :id";
constexpr const char* kRevive =
    "update forward_events_queue set state = 'queued', attempts = 0, not_before = 0,"
    " changed_at = :now, last_error = '' where id = :id and state = 'dead'";

// What fits the column of every engine.
std::string brief(std::string_view text) {
  std::string out(text.substr(0, 300));
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return out;
}

Delivery listed(const gardu::Row& row, std::string_view workspace_id) {
  Delivery d;
  d.id = row.text(0);
  d.seq = row.integer(1);
  d.target = row.text(2);
  d.workspace_id = workspace_id;
  d.event = row.text(3);
  d.state = row.text(4);
  d.attempts = row.integer(5);
  d.not_before = row.integer(6);
  d.changed_at = row.integer(7);
  d.last_error = row.text(8);
  return d;
}

}  // namespace

std::string delivery_id(const Target& target, std::int64_t seq) {
  return target.id + "-" + std::to_string(seq);
}

void Queue::migrate() const { host_.db().migrate({{1, "queue", kTable}}); }

void Queue::add(const Target& target, const gardu::EventView& event, std::int64_t now) const {
  const gardu::Db db = host_.db();
  const std::string id = delivery_id(target, event.seq());
  // One that is read back from the journal may wait here already.
  if ((event.raw().flags & GARDU_EVENT_REPLAYED) != 0 && db.number(kExists, {id}) > 0) return;
  db.execute(kAdd, {id, event.seq(), target.id, lane_of(event), event.workspace_id(),
                    event.type_name(), envelope(event), now});
}

std::vector<Delivery> Queue::due(std::string_view target, std::int64_t now,
                                 std::int64_t most) const {
  std::vector<Delivery> out;
  host_.db().query(kDue, {target, now, most}, [&](const gardu::Row& row) {
    Delivery d;
    d.id = row.text(0);
    d.seq = row.integer(1);
    d.target = target;
    d.lane = row.text(2);
    d.event = row.text(3);
    d.body = row.text(4);
    d.attempts = row.integer(5);
    out.push_back(std::move(d));
    return true;
  });
  return out;
}

std::optional<std::int64_t> Queue::next_due(std::string_view target, std::int64_t now) const {
  std::optional<std::int64_t> out;
  host_.db().query(kNextDue, {target, now}, [&](const gardu::Row& row) {
    if (!row.is_null(0)) out = row.integer(0);
    return false;
  });
  return out;
}

std::int64_t Queue::waiting(std::string_view target) const {
  return host_.db().number(kWaiting, {target});
}

void Queue::remove(std::string_view id) const { host_.db().execute(kRemove, {id}); }

void Queue::postpone(std::string_view id, std::int64_t attempts, std::int64_t not_before,
                     std::string_view why, std::int64_t now) const {
  host_.db().execute(kPostpone, {attempts, not_before, brief(why), now, id});
}

void Queue::bury(std::string_view id, std::int64_t attempts, std::string_view why,
                 std::int64_t now) const {
  host_.db().execute(kBury, {attempts, brief(why), now, id});
}

std::int64_t Queue::bury_orphans(const Settings& settings, std::int64_t now) const {
  std::vector<std::string> orphans;
  host_.db().query(kTargets, {}, [&](const gardu::Row& row) {
    if (settings.find(row.text(0)) == nullptr) orphans.push_back(row.text(0));
    return true;
  });
  std::int64_t out = 0;
  for (const std::string& target : orphans) out += host_.db().execute(kBuryAll, {now, target});
  return out;
}

std::int64_t Queue::forget_dead(std::int64_t before) const {
  return host_.db().execute(kForget, {before});
}

std::vector<Delivery> Queue::list(std::string_view workspace_id, std::string_view state,
                                  std::int64_t after_seq, std::string_view after_id,
                                  std::int64_t most) const {
  std::vector<Delivery> out;
  host_.db().query(kList, {workspace_id, state, after_seq, after_seq, after_id, most},
                   [&](const gardu::Row& row) {
                     out.push_back(listed(row, workspace_id));
                     return true;
                   });
  return out;
}

std::optional<Delivery> Queue::find(std::string_view workspace_id, std::string_view id) const {
  std::optional<Delivery> out;
  host_.db().query(kFind, {workspace_id, id}, [&](const gardu::Row& row) {
    out = listed(row, workspace_id);
    return false;
  });
  return out;
}

bool Queue::revive(std::string_view id, std::int64_t now) const {
  return host_.db().execute(kRevive, {now, id}) > 0;
}

}  // namespace forward_events
