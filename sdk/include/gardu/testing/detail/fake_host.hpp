// SPDX-License-Identifier: Apache-2.0
//
// For fake_host.hpp: its members.
#pragma once
#include "../fake_host.hpp"
#include "ends.hpp"

namespace gardu::testing {

inline FakeHost::FakeHost(std::string plugin_id) : state_(std::make_unique<detail::State>()) {
  state_->plugin_id = std::move(plugin_id);
  detail::make_table(*state_);
}
inline FakeHost::~FakeHost() {
  if (state_->phase == detail::Phase::free) state_->set_phase(detail::Phase::stopping);
  detail::end_all(*state_);
}
inline const gardu_host& FakeHost::table() const noexcept { return *state_->table; }

// ---- What there is.
inline void FakeHost::without(std::string_view service) {
  const std::lock_guard lock(state_->mutex);
  state_->missing.emplace(service);
}
inline void FakeHost::smaller_host() {
  state_->of_1_0 = true;
  state_->table->size = static_cast<uint32_t>(offsetof(gardu_host, release) + sizeof(void*));
  state_->table->abi_minor = 0;
}
inline void FakeHost::larger_host() {
  state_->table->size = static_cast<uint32_t>(sizeof(gardu_host) + detail::kRoomForLater);
  state_->table->abi_minor = GARDU_ABI_MINOR + 7;
}
inline void FakeHost::data_dir(std::string_view folder) {
  state_->data_dir = folder;
  state_->table->data_dir = str(state_->data_dir);
}
inline void FakeHost::plugin_id(std::string_view id) {
  state_->plugin_id = id;
  state_->table->plugin_id = str(state_->plugin_id);
}

// ---- What it answers.
inline void FakeHost::refuse(std::string_view service, gardu_status status, int times) {
  const std::lock_guard lock(state_->mutex);
  if (status == GARDU_OK)
    state_->refusals.erase(std::string(service));
  else
    state_->refusals[std::string(service)] = {status, times};
}
inline void FakeHost::hold(std::string_view service, bool on) {
  const std::lock_guard lock(state_->mutex);
  if (on)
    state_->held.emplace(service);
  else
    state_->held.erase(std::string(service));
}
inline bool FakeHost::complete_publish(gardu_status status,
                                       std::vector<gardu_publish_result> results) {
  return detail::finish_publish(*state_, status, std::move(results));
}
inline bool FakeHost::complete_send(const Status& status) {
  return detail::finish_send(*state_, status);
}
inline bool FakeHost::complete_http(const FakeAnswer& answer) {
  const auto e = detail::take_first(*state_, state_->http_ends);
  if (e) detail::end_http(*state_, *e, answer);
  return e.has_value();
}
inline void FakeHost::on_publish(std::function<gardu_publish_result(const Publication&)> f) {
  const std::lock_guard lock(state_->mutex);
  state_->publish_result = std::move(f);
}
inline void FakeHost::on_http(std::string_view method, std::string_view url_prefix,
                              FakeAnswer answer) {
  const std::lock_guard lock(state_->mutex);
  state_->http_prepared.push_back(
      {std::string(method), std::string(url_prefix), std::move(answer)});
}
inline void FakeHost::on_http(std::function<std::optional<FakeAnswer>(const HttpCall&)> f) {
  const std::lock_guard lock(state_->mutex);
  state_->http_answer = std::move(f);
}
inline void FakeHost::on_sql(
    std::function<SqlAnswer(const std::string& sql, const Cells& parameters)> f) {
  const std::lock_guard lock(state_->mutex);
  state_->sql_answer = std::move(f);
}
inline void FakeHost::on_may_follow(
    std::function<bool(const Principal&, std::string_view, std::string_view, std::string_view)> f) {
  const std::lock_guard lock(state_->mutex);
  state_->may_follow = std::move(f);
}
inline void FakeHost::allow_follow(std::string_view workspace_id, std::string_view contact_id,
                                   std::string_view account_id) {
  const std::lock_guard lock(state_->mutex);
  state_->follows.insert(std::string(workspace_id) + "/" + std::string(contact_id) + "/" +
                         std::string(account_id));
}
inline void FakeHost::settings(std::string_view workspace_id, std::string_view json) {
  const std::lock_guard lock(state_->mutex);
  state_->settings[std::string(workspace_id)] = json;
}
inline void FakeHost::secret(std::string_view name, std::string_view hex) {
  const std::lock_guard lock(state_->mutex);
  state_->secrets[std::string(name)] = hex;
  state_->secret_texts.emplace_back(hex);
}
inline void FakeHost::add_journal(FakeEvent event) {
  event = filled(std::move(event));
  const std::lock_guard lock(state_->mutex);
  state_->journal.push_back(std::move(event));
}
inline void FakeHost::cut_journal(const std::string& workspace_id, int64_t seq) {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->journal,
                [&](const FakeEvent& e) { return e.workspace_id == workspace_id && e.seq <= seq; });
  state_->journal_cuts[workspace_id] = seq;
}
inline void FakeHost::add_record(DirectoryRecord record) {
  const std::lock_guard lock(state_->mutex);
  state_->records.push_back(std::move(record));
}
inline std::string FakeHost::add_media(std::string_view workspace_id, std::string_view mime_type,
                                       std::string_view bytes, std::string_view file_name) {
  const std::lock_guard lock(state_->mutex);
  return detail::store_locked(*state_, {std::string(workspace_id), std::string(mime_type),
                                        std::string(file_name), std::string(bytes)});
}
inline void FakeHost::put(std::string_view key, std::string_view value) {
  const std::lock_guard lock(state_->mutex);
  state_->kv[std::string(key)] = {std::string(value), 0};
}

// ---- What happens.
inline void FakeHost::pass(Micros time) { detail::pass_time(*state_, time.count()); }
inline size_t FakeHost::run() { return detail::run_all(*state_, true); }
inline bool FakeHost::wait(const std::function<bool()>& f, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    uint64_t seen = 0;
    {
      const std::lock_guard lock(state_->mutex);
      seen = state_->calls;
    }
    run();
    if (f()) return true;
    {
      std::unique_lock lock(state_->mutex);
      if (state_->changed.wait_until(lock, until, [&] { return state_->calls != seen; })) continue;
    }
    return f();  // it may ask the host: not under the lock
  }
}
inline int64_t FakeHost::now() const {
  const std::lock_guard lock(state_->mutex);
  return state_->now;
}
inline FakeEvent FakeHost::filled(FakeEvent e) {
  {
    const std::lock_guard lock(state_->mutex);
    if (e.seq == 0 && (e.flags & GARDU_EVENT_EPHEMERAL) == 0) e.seq = state_->next_seq++;
    state_->next_seq = std::max(state_->next_seq, e.seq + 1);
    if (e.occurred_at == 0) e.occurred_at = state_->now;
    if (e.recorded_at == 0) e.recorded_at = state_->now;
    if (e.id.empty())
      e.id = fake_id("event", std::to_string(e.seq != 0 ? static_cast<uint64_t>(e.seq)
                                                        : ~state_->order_locked()));
  }
  if (e.type_name.empty()) e.type_name = event_type_name(e.type);
  if (e.message) {
    FakeMessage& m = *e.message;
    if (m.id.empty()) m.id = fake_id("message", e.id);
    if (m.provider_message_id.empty() && m.direction == GARDU_INBOUND)
      m.provider_message_id = "fake." + std::to_string(e.seq);
    if (m.created_at == 0) m.created_at = e.recorded_at;
    if (m.contact_id.empty()) m.contact_id = e.contact_id;
  }
  if (e.data.empty()) {
    std::string members;
    if (e.message) members = "\"message\":" + detail::json_of(*e.message);
    if (e.contact)
      members += (members.empty() ? "" : ",") + ("\"contact\":" + detail::json_of(*e.contact));
    e.data = "{" + members + "}";
  }
  return e;
}
inline std::shared_ptr<const gardu_event> FakeHost::show(FakeEvent event) {
  detail::State* state = state_.get();
  return {detail::show_event(*state, filled(std::move(event))),
          [state](const gardu_event* e) { detail::hide_event(*state, e); }};
}

// ---- What the plugin did.
inline Records<LogLine> FakeHost::logs() const {
  const std::lock_guard lock(state_->mutex);
  return state_->logs;
}
inline bool FakeHost::logged(std::string_view part) const {
  const std::lock_guard lock(state_->mutex);
  return std::any_of(state_->logs.begin(), state_->logs.end(), [&](const LogLine& line) {
    return line.text.find(part) != std::string::npos;
  });
}
inline Records<Sent> FakeHost::sent() const {
  const std::lock_guard lock(state_->mutex);
  return state_->sent;
}
inline Records<Publication> FakeHost::published() const {
  const std::lock_guard lock(state_->mutex);
  return state_->published;
}
inline std::map<std::string, int64_t> FakeHost::metrics() const {
  const std::lock_guard lock(state_->mutex);
  return state_->metrics;
}
inline Records<MountedRoute> FakeHost::routes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->routes;
}
inline Records<HttpCall> FakeHost::http_calls() const {
  const std::lock_guard lock(state_->mutex);
  return state_->http_calls;
}
inline Records<SqlStep> FakeHost::sql() const {
  const std::lock_guard lock(state_->mutex);
  return state_->sql;
}
inline std::map<std::string, std::string> FakeHost::kv() const {
  const std::lock_guard lock(state_->mutex);
  std::map<std::string, std::string> out;
  for (const auto& [key, entry] : state_->kv)
    if (detail::kv_find_locked(*state_, key) != nullptr) out.emplace(key, entry.value);
  return out;
}
inline Records<MediaFile> FakeHost::media() const {
  const std::lock_guard lock(state_->mutex);
  return state_->media;
}
inline Records<ContactPatch> FakeHost::patches() const {
  const std::lock_guard lock(state_->mutex);
  return state_->patches;
}
inline Records<std::string> FakeHost::looked_up() const {
  const std::lock_guard lock(state_->mutex);
  return state_->looked_up;
}
inline Records<int64_t> FakeHost::timers() const {
  const std::lock_guard lock(state_->mutex);
  Records<int64_t> out;
  for (const auto& [id, timer] : state_->timers) out.push_back(timer.due - state_->now);
  std::sort(out.begin(), out.end());
  return out;
}
inline size_t FakeHost::posted() const {
  const std::lock_guard lock(state_->mutex);
  return state_->posted.size();
}
inline size_t FakeHost::pending(std::string_view service) const {
  const std::lock_guard lock(state_->mutex);
  return service == GARDU_EXT_PUBLISH       ? state_->publish_ends.size()
         : service == GARDU_EXT_SEND        ? state_->send_ends.size()
         : service == GARDU_EXT_HTTP_CLIENT ? state_->http_ends.size()
                                            : 0;
}
inline void FakeHost::forget() {
  const std::lock_guard lock(state_->mutex);
  state_->logs.clear();
  state_->sent.clear();
  state_->published.clear();
  state_->http_calls.clear();
  state_->sql.clear();
  state_->patches.clear();
}
inline size_t FakeHost::retained() const {
  const std::lock_guard lock(state_->mutex);
  size_t n = 0;
  for (const auto& [event, block] : state_->blocks) n += static_cast<size_t>(block->kept);
  return n;
}

// ---- What is forbidden.
inline Records<std::string> FakeHost::faults() const {
  const std::lock_guard lock(state_->mutex);
  return state_->faults;
}
inline std::string FakeHost::fault_text() const {
  std::string out;
  for (const std::string& fault : faults()) out += fault + "\n";
  return out;
}
inline void FakeHost::mark_secret(std::string_view value) {
  const std::lock_guard lock(state_->mutex);
  if (!value.empty()) state_->secret_texts.emplace_back(value);
}
inline void FakeHost::forgive() {
  const std::lock_guard lock(state_->mutex);
  state_->faults.clear();
}

}  // namespace gardu::testing
