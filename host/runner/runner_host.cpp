// SPDX-License-Identifier: Apache-2.0
#include "runner/runner_host.hpp"

#include "plugins/child_service.hpp"
#include "plugins/wire_event.hpp"

namespace gardu::host {

Status RunnerHost::stopped() const { return {GARDU_STOPPED, "the plugin is not started"}; }

std::uint64_t RunnerHost::unit() const {
  const std::lock_guard lock(mutex_);
  const auto it = units_.find(std::this_thread::get_id());
  return it == units_.end() ? kNoUnit : it->second;
}

void RunnerHost::set_unit(std::uint64_t unit) {
  const std::lock_guard lock(mutex_);
  if (unit == kNoUnit) {
    units_.erase(std::this_thread::get_id());
  } else {
    units_[std::this_thread::get_id()] = unit;
  }
}

void RunnerHost::within_batch(const std::function<void()>& body) {
  set_unit(kBatchUnit);
  body();
  set_unit(kNoUnit);
}

template <class... Args>
Status RunnerHost::ask(FrameKind kind, const Args&... args) {
  const auto answer = channel_.call(kind, wire::pack(unit(), args...));
  return answer ? wire::Reader(*answer).get<Status>()
                : Status{GARDU_STOPPED, "the gateway is gone"};
}

template <class T, class... Args>
Result<T> RunnerHost::ask_for(FrameKind kind, const Args&... args) {
  const auto bytes = channel_.call(kind, wire::pack(unit(), args...));
  if (!bytes) return Status{GARDU_STOPPED, "the gateway is gone"};
  wire::Reader in(*bytes);
  Status status = in.get<Status>();
  if (!status.ok()) return status;
  return in.get<T>();
}

void RunnerHost::log(std::int32_t level, std::string_view message) {
  channel_.tell(FrameKind::log, wire::pack(kNoUnit, level, message));
}

Status RunnerHost::publish(std::vector<Incoming> items, PublishDone done) {
  if (!started_) return stopped();
  std::uint64_t token = 0;
  {
    const std::lock_guard lock(mutex_);
    token = ++last_;
    publishes_.emplace(token, outstanding_->counted(std::move(done)));
  }
  std::string payload;
  wire::Writer out(payload);
  out.put(unit(), token, static_cast<std::uint32_t>(items.size()));
  for (const Incoming& item : items) wire::put_incoming(out, item);
  const auto answer = channel_.call(FrameKind::publish, payload);
  const Status status = answer ? wire::Reader(*answer).get<Status>() : stopped();
  if (!status.ok()) {
    const std::lock_guard lock(mutex_);
    if (publishes_.erase(token) != 0) outstanding_->forget_one();
  }
  return status;
}

void RunnerHost::publish_done(wire::Reader& in) {
  const auto token = in.get<std::uint64_t>();
  const auto status = in.get<std::int32_t>();
  std::vector<gardu_publish_result> results;
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count; ++i) results.push_back(wire::take_result(in));
  PublishDone done;
  {
    const std::lock_guard lock(mutex_);
    const auto node = publishes_.extract(token);
    if (node) done = node.mapped();
  }
  if (done) done(status, results);
}

Status RunnerHost::send(PluginSend send) {
  if (!started_) return stopped();
  std::uint64_t token = 0;
  if (send.done) {
    const std::lock_guard lock(mutex_);
    token = ++last_;
    sends_.emplace(token, outstanding_->counted(std::move(send.done)));
  }
  const OutgoingMessage& m = send.message;
  const Status status = ask(FrameKind::submit, token, send.message_id, m.type, m.priority,
                            m.workspace_id, m.account_id, m.contact_id, m.to, m.text, m.content,
                            m.reply_to, m.client_ref, m.metadata, m.scheduled_at);
  if (!status.ok() && token != 0) {
    const std::lock_guard lock(mutex_);
    if (sends_.erase(token) != 0) outstanding_->forget_one();
  }
  return status;
}

void RunnerHost::send_done(wire::Reader& in) {
  const auto token = in.get<std::uint64_t>();
  const auto status = in.get<Status>();
  std::function<void(const Status&)> done;
  {
    const std::lock_guard lock(mutex_);
    const auto node = sends_.extract(token);
    if (node) done = node.mapped();
  }
  if (done) done(status);
}

Status RunnerHost::read_journal(const gardu_journal_query& q,
                                const std::function<bool(const gardu_event&)>& on_event) {
  auto bytes = channel_.call(FrameKind::read_journal,
                             wire::pack(unit(), q.limit, q.after_seq, q.types, q.workspace_id,
                                        q.contact_id, q.account_id));
  if (!bytes) return stopped();
  const auto shared = std::make_shared<const std::string>(std::move(*bytes));
  wire::Reader in(*shared);
  Status status = in.get<Status>();
  if (!status.ok()) return status;
  const auto count = in.get<std::uint32_t>();
  wire::ReceivedEvents* const events = wire::ReceivedEvents::read(shared, in, count);
  for (const gardu_event* e : events->views())
    if (!on_event(*e)) break;
  events->unref();
  return status;
}

std::pair<std::int64_t, std::int64_t> RunnerHost::journal_range() {
  const auto range = ask_for<std::pair<std::int64_t, std::int64_t>>(FrameKind::journal_range);
  return range ? *range : std::pair<std::int64_t, std::int64_t>{0, 0};
}

Result<std::int64_t> RunnerHost::journal_cut(std::string_view workspace_id) {
  return ask_for<std::int64_t>(FrameKind::journal_cut, workspace_id);
}

Status RunnerHost::add_route(const RouteRequest& r) {
  std::uint64_t token = 0;
  {
    const std::lock_guard lock(mutex_);
    token = ++last_;
    routes_[token] = {r.handle, r.user};
  }
  return ask(FrameKind::add_route, token, r.method, r.pattern, r.auth, r.body_limit, r.deadline);
}

RunnerHost::Handler RunnerHost::handler(std::uint64_t route) const {
  const std::lock_guard lock(mutex_);
  const auto it = routes_.find(route);
  return it == routes_.end() ? Handler{} : it->second;
}

bool RunnerHost::may_follow(const gardu_principal& p, std::string_view workspace_id,
                            std::string_view contact_id, std::string_view account_id) {
  const auto may = ask_for<bool>(FrameKind::may_follow, p.auth, p.workspace_id, p.user_id,
                                 p.token_id, p.name, workspace_id, contact_id, account_id);
  return may && *may;
}

Result<std::string> RunnerHost::secret(std::string_view name, std::uint32_t bytes) {
  return ask_for<std::string>(FrameKind::secret, name, bytes);
}

std::uint64_t RunnerHost::define_metric(std::uint32_t kind, std::string_view name,
                                        std::string_view labels, std::string_view help) {
  const auto id = ask_for<std::uint64_t>(FrameKind::define_metric, kind, name, labels, help);
  return id ? *id : 0;
}
void RunnerHost::add_metric(std::uint64_t id, std::int64_t delta) noexcept {
  channel_.tell(FrameKind::add_metric, wire::pack(kNoUnit, id, delta));
}
void RunnerHost::set_metric(std::uint64_t id, std::int64_t value) noexcept {
  channel_.tell(FrameKind::set_metric, wire::pack(kNoUnit, id, value));
}

Status RunnerHost::migrate(std::vector<storage::PluginMigration> migrations) {
  std::string payload;
  wire::Writer out(payload);
  out.put(unit(), static_cast<std::uint32_t>(migrations.size()));
  for (const auto& m : migrations) out.put(m.number, m.name, m.sql);
  const auto answer = channel_.call(FrameKind::migrate, payload);
  return answer ? wire::Reader(*answer).get<Status>() : stopped();
}

Result<std::int64_t> RunnerHost::execute(std::string_view sql,
                                         const std::vector<storage::SqlValue>& parameters,
                                         const storage::plugin_sql::OnRow& on_row) {
  std::string payload;
  wire::Writer out(payload);
  out.put(unit(), sql, static_cast<bool>(on_row), static_cast<std::uint32_t>(parameters.size()));
  for (const auto& v : parameters) out.put(v.kind, v.integer, v.real, v.text);
  const auto answer = channel_.call(FrameKind::execute, payload);
  if (!answer) return stopped();
  wire::Reader in(*answer);
  Status status = in.get<Status>();
  if (!status.ok()) return status;
  const auto changed = in.get<std::int64_t>();
  const auto rows = in.get<std::uint32_t>();
  std::vector<storage::SqlValue> row;
  for (std::uint32_t i = 0; i < rows; ++i) {
    row.resize(in.get<std::uint32_t>());
    for (auto& v : row) in.into(v.kind, v.integer, v.real, v.text);
    if (!on_row(row)) break;
  }
  return changed;
}

Status RunnerHost::transaction(const std::function<Status()>& body) {
  const std::uint64_t parent = unit();
  const auto begun = ask_for<std::uint64_t>(FrameKind::begin, parent);
  if (!begun) return begun.status();
  set_unit(*begun);
  const Status status = body();
  const bool part = parent != kNoUnit;
  const Status ended = ask(FrameKind::end, *begun, part, status.ok());
  set_unit(parent);
  return status.ok() ? ended : status;
}

Result<std::optional<std::string>> RunnerHost::kv_get(std::string_view key) {
  return ask_for<std::optional<std::string>>(FrameKind::kv_get, key);
}
Status RunnerHost::kv_put(std::string_view key, std::string_view value,
                          std::chrono::microseconds ttl) {
  return ask(FrameKind::kv_put, key, value, static_cast<std::int64_t>(ttl.count()));
}
Result<bool> RunnerHost::kv_compare_and_put(std::string_view key,
                                            std::optional<std::string_view> expected,
                                            std::string_view value, std::chrono::microseconds ttl) {
  return ask_for<bool>(FrameKind::kv_compare_and_put, key, expected, value,
                       static_cast<std::int64_t>(ttl.count()));
}
Status RunnerHost::kv_erase(std::string_view key) { return ask(FrameKind::kv_erase, key); }

using Texts = std::vector<std::pair<std::string, std::string>>;

Status RunnerHost::kv_scan(std::string_view prefix, std::string_view after, std::uint32_t limit,
                           const OnText& on_value) {
  const auto found = ask_for<Texts>(FrameKind::kv_scan, prefix, after, limit);
  if (!found) return found.status();
  for (const auto& [key, value] : *found)
    if (!on_value(key, value)) break;
  return {};
}

Status RunnerHost::http(HttpExchange call, std::function<void(const HttpOutcome&)> done) {
  if (!started_) return stopped();
  const std::uint64_t token = outstanding_->keep(std::move(done));
  const Status status = ask(FrameKind::http, token, call.method, call.url, call.body, call.headers,
                            static_cast<std::int64_t>(call.deadline.count()), call.max_answer);
  if (!status.ok()) (void)outstanding_->take(token);
  return status;
}

void RunnerHost::http_done(wire::Reader& in) {
  const auto token = in.get<std::uint64_t>();
  const auto outcome = std::make_shared<HttpOutcome>();
  in.into(outcome->progress, outcome->status, outcome->headers, outcome->body, outcome->error);
  (void)mailbox_.after({}, {[pending = outstanding_, token, outcome] {
                              if (const auto done = pending->take(token)) done(*outcome);
                            },
                            {}});
}

Result<std::uint64_t> RunnerHost::media_open(const MediaInfo& i) {
  return ask_for<std::uint64_t>(FrameKind::media_open, i.workspace_id, i.mime_type, i.file_name);
}
Status RunnerHost::media_append(std::uint64_t writer, std::string_view bytes) {
  return ask(FrameKind::media_append, writer, bytes);
}
Result<std::string> RunnerHost::media_finish(std::uint64_t writer, bool keep) {
  return ask_for<std::string>(FrameKind::media_finish, writer, keep);
}
Result<MediaInfo> RunnerHost::media_stat(std::string_view workspace_id, std::string_view id) {
  auto bytes = channel_.call(FrameKind::media_stat, wire::pack(unit(), workspace_id, id));
  if (!bytes) return stopped();
  wire::Reader in(*bytes);
  Status status = in.get<Status>();
  if (!status.ok()) return status;
  MediaInfo i;
  in.into(i.workspace_id, i.id, i.mime_type, i.file_name, i.sha256, i.bytes);
  return i;
}
Result<std::string> RunnerHost::media_read(std::string_view workspace_id, std::string_view id,
                                           std::uint64_t offset, std::uint64_t most) {
  return ask_for<std::string>(FrameKind::media_read, workspace_id, id, offset, most);
}

Result<std::string> RunnerHost::find_records(const DirectoryQuery& q, const OnText& on_record) {
  const auto found = ask_for<std::pair<std::string, Texts>>(
      FrameKind::find_records, q.kind, q.workspace_id, q.id, q.account_id, q.identity, q.label,
      q.text, q.cursor, q.limit);
  if (!found) return found.status();
  for (const auto& [id, json] : found->second)
    if (!on_record(id, json)) break;
  return found->first;
}
Status RunnerHost::update_contact(std::string_view workspace_id, std::string_view contact_id,
                                  std::string_view patch) {
  return ask(FrameKind::update_contact, workspace_id, contact_id, patch);
}
Result<std::string> RunnerHost::workspace_settings(std::string_view workspace_id) {
  return ask_for<std::string>(FrameKind::workspace_settings, workspace_id);
}

}  // namespace gardu::host
