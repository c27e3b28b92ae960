// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_services.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "auth/token_service.hpp"
#include "event/types.hpp"
#include "journal/events.hpp"
#include "outbox/accept.hpp"
#include "storage/cursors.hpp"

namespace gardu::host {
namespace {

constexpr std::int64_t kMicros = 1000;  // in a millisecond
constexpr std::uint32_t kMostEvents = 1000;

LogLevel level_of(std::int32_t level) {
  return static_cast<LogLevel>(std::clamp<std::int32_t>(level, 0, 4));
}

std::optional<std::string> maybe(gardu_str s) {
  return s.size == 0 ? std::nullopt : std::optional(std::string(view(s)));
}

SendCommand command_of(const std::string& plugin, const PluginSend& s) {
  const OutgoingMessage& m = s.message;
  SendCommand c;
  c.message_id = s.message_id;
  c.workspace_id = m.workspace_id;
  c.contact_id = m.contact_id;
  c.account_id = m.account_id;
  c.to = m.to;
  c.type = message_type_name(static_cast<std::uint32_t>(m.type));
  c.text = m.text;
  c.content = m.content;
  c.reply_to = m.reply_to;
  c.priority = priority_name(static_cast<std::uint32_t>(m.priority));
  c.client_ref = m.client_ref;
  c.metadata = m.metadata;
  c.scheduled_at = m.scheduled_at / kMicros;
  c.sent_by_kind = "plugin";
  c.sent_by_id = plugin;
  c.source = "plugin:" + plugin;
  return c;
}

Status status_of(const AcceptResult& result) {
  if (result.message) return {};
  std::string why;
  for (const FieldError& e : result.errors)
    why += (why.empty() ? "" : "; ") + e.field + ": " + e.message;
  return Status::invalid(why);
}

}  // namespace

void HostServices::log(const std::string& plugin, std::int32_t level, std::string_view message) {
  p_.log.named(plugin).log(level_of(level), "{}", message);
}

bool HostServices::log_enabled(std::int32_t level) {
  return p_.log.sink().enabled(level_of(level));
}

Status HostServices::publish(const std::string& plugin,
                             std::span<const gardu_publication* const> items, PublishDone done) {
  return p_.intake.publish(plugin, take_over(items), std::move(done));
}

Status HostServices::send(const std::string& plugin, PluginSend send) {
  const SendCommand command = command_of(plugin, send);
  if (const auto errors = check_send(command); !errors.empty())
    return status_of({std::nullopt, errors});
  const auto result = std::make_shared<Status>();
  const bool taken = p_.database.writer().submit(
      [command, result](storage::Transaction& tx) {
        *result = status_of(accept_message(tx, command));
      },
      [this, plugin, result, done = std::move(send.done)](const std::exception_ptr& failed) {
        const Status status = failed ? Status::retry("the message could not be stored") : *result;
        if (done) {
          done(status);
        } else if (!status.ok()) {
          log(plugin, static_cast<std::int32_t>(LogLevel::warn),
              "a message was not taken: " + status.message());
        }
      });
  return taken ? Status{} : Status{GARDU_FULL, "too much is waiting to be stored"};
}

void HostServices::commit_batch(const std::string& plugin, std::int64_t seq,
                                std::vector<PluginSend> sends) {
  std::vector<Status> results(sends.size());
  p_.database.writer().run([&](storage::Transaction& tx) {
    for (std::size_t i = 0; i < sends.size(); ++i)
      results[i] = status_of(accept_message(tx, command_of(plugin, sends[i])));
    storage::cursors::set(tx, plugin, seq);
  });
  for (std::size_t i = 0; i < sends.size(); ++i) {
    if (!results[i].ok())
      log(plugin, static_cast<std::int32_t>(LogLevel::warn),
          "a message was not taken: " + results[i].message());
    if (sends[i].done) sends[i].done(results[i]);
  }
}

std::optional<std::int64_t> HostServices::cursor(const std::string& plugin) {
  return p_.database.query([&](storage::Session& s) { return storage::cursors::get(s, plugin); });
}

Status HostServices::read_journal(const gardu_journal_query& in,
                                  const std::function<bool(const gardu_event&)>& on_event) {
  if (in.workspace_id.size == 0) return Status::invalid("workspace_id is required");
  storage::JournalQuery q;
  q.after_seq = in.after_seq;
  q.limit = static_cast<int>(in.limit == 0 ? kMostEvents : std::min(in.limit, kMostEvents));
  q.workspace_id = maybe(in.workspace_id);
  q.contact_id = maybe(in.contact_id);
  q.account_id = maybe(in.account_id);
  for (std::uint32_t type = 1; in.types != 0 && type < 64; ++type)
    if (((in.types >> type) & 1U) != 0 && !event_type_name(type).empty())
      q.types.emplace_back(event_type_name(type));
  auto entries =
      p_.database.query([&](storage::Session& s) { return storage::journal::read(s, q); });
  for (auto& entry : entries)
    if (!on_event(EventBlock::replay(std::move(entry))->view())) break;
  return {};
}

std::pair<std::int64_t, std::int64_t> HostServices::journal_range() {
  const auto oldest =
      p_.database.query([](storage::Session& s) { return storage::journal::oldest(s); });
  return {oldest, p_.feed.newest()};
}

bool HostServices::may_follow(const gardu_principal& principal, std::string_view workspace_id,
                              std::string_view contact_id, std::string_view account_id) {
  if (workspace_id.empty() || view(principal.workspace_id) != workspace_id) return false;
  // The token is read again: what it is narrowed to is not part of what a plugin is told of it.
  return p_.database.query([&](storage::Session& s) {
    return host::may_follow(s, std::string(view(principal.token_id)), std::string(workspace_id),
                            std::string(contact_id), std::string(account_id));
  });
}

Result<std::string> HostServices::secret(const std::string& plugin, std::string_view name,
                                         std::uint32_t bytes) {
  return p_.secrets.get_or_create(plugin, std::string(name), bytes);
}

Status HostServices::add_route(const std::string& plugin, PluginRoute route) {
  return p_.add_route(plugin, std::move(route));
}

void HostServices::remove_routes(const std::string& plugin) { p_.remove_routes(plugin); }

void HostServices::state_changed(const std::string& plugin, std::string_view state,
                                 const std::string& reason) {
  const bool bad = state == "failed" || state == "unconfigured";
  p_.log.named(plugin).log(bad ? LogLevel::warn : LogLevel::info, "{}{}{}", state,
                           reason.empty() ? "" : ": ", reason);
  nlohmann::json data{{"plugin_id", plugin}, {"state", state}};
  if (!reason.empty()) data["reason"] = reason;
  p_.publish_ephemeral(make_entry("plugin.status", "", {"host", 0, {}}, data));
}

}  // namespace gardu::host
