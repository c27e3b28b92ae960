// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_services.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/plugin_directory.hpp"
#include "app/plugin_send.hpp"
#include "auth/token_service.hpp"
#include "event/types.hpp"
#include "journal/events.hpp"
#include "storage/retention.hpp"

namespace gardu::host {
namespace {

constexpr std::uint32_t kMostEvents = 1000;
constexpr std::chrono::milliseconds kLongestCall{300'000};
constexpr std::uint64_t kLargestAnswer = 64U << 20U;

std::uint32_t progress_of(client::Answer::Progress progress) {
  using P = client::Answer::Progress;
  switch (progress) {
    case P::answered:
      return GARDU_HTTP_ANSWERED;
    case P::unreachable:
      return GARDU_HTTP_UNREACHABLE;
    case P::unsent:
      return GARDU_HTTP_UNSENT;
    case P::unknown:
      return GARDU_HTTP_UNKNOWN;
    case P::refused:
      return GARDU_HTTP_REFUSED;
    case P::stopped:
      break;
  }
  return GARDU_HTTP_STOPPED;
}

LogLevel level_of(std::int32_t level) {
  return static_cast<LogLevel>(std::clamp<std::int32_t>(level, 0, 4));
}

std::optional<std::string> maybe(gardu_str s) {
  return s.size == 0 ? std::nullopt : std::optional(std::string(view(s)));
}

}  // namespace

void HostServices::log(const std::string& plugin, std::int32_t level, std::string_view message) {
  p_.log.named(plugin).log(level_of(level), "{}", message);
}

bool HostServices::log_enabled(std::int32_t level) {
  return p_.log.sink().enabled(level_of(level));
}

Status HostServices::publish(const std::string& plugin, std::vector<Incoming> items,
                             PublishDone done) {
  return p_.intake.publish(plugin, std::move(items), std::move(done));
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

Status HostServices::read_journal(const gardu_journal_query& in,
                                  const std::function<bool(const gardu_event&)>& on_event) {
  if (in.workspace_id.size == 0) return Status::invalid("workspace_id is required");
  storage::JournalQuery q;
  q.after_seq = in.after_seq;
  q.limit = static_cast<int>(in.limit == 0 ? kMostEvents : std::min(in.limit, kMostEvents));
  q.workspace_id = maybe(in.workspace_id);
  q.contact_id = maybe(in.contact_id);
  q.account_id = maybe(in.account_id);
  // Plugins' own types have no numbers: asked for, the known ones that are not are left out.
  q.other_types = (in.types & 1U) != 0;
  for (std::uint32_t type = 1; in.types != 0 && type < 64; ++type)
    if (((in.types >> type) & 1U) == (q.other_types ? 0U : 1U) && !event_type_name(type).empty())
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

std::int64_t HostServices::journal_cut(std::string_view workspace_id) {
  return p_.database.query([&](storage::Session& s) {
    return storage::retention::journal_cut(s, std::string(workspace_id));
  });
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

Status HostServices::http(HttpExchange call, const OutsideAccess& access,
                          std::function<void(HttpOutcome)> done) {
  client::Call out;
  out.method = std::move(call.method);
  out.url = std::move(call.url);
  out.headers = std::move(call.headers);
  out.body = std::move(call.body);
  if (call.deadline.count() > 0)
    out.deadline =
        std::min(kLongestCall, std::chrono::ceil<std::chrono::milliseconds>(call.deadline));
  if (call.max_answer != 0) out.max_answer = std::min(call.max_answer, kLargestAnswer);
  out.allow_private =
      access.private_addresses || access.origins.count(client::origin_of(out.url)) != 0;
  const bool taken =
      p_.client.request(std::move(out), [done = std::move(done)](client::Answer answer) {
        done({progress_of(answer.progress), answer.status, std::move(answer.headers),
              std::move(answer.body), std::move(answer.error)});
      });
  return taken ? Status{} : Status{GARDU_FULL, "too many calls are under way"};
}

Result<std::string> HostServices::find_records(const DirectoryQuery& query,
                                               const PluginHost::OnText& on_record) {
  return host::find_records(p_.database, query, on_record);
}

Status HostServices::update_contact(Unit* unit, const std::string& plugin,
                                    std::string_view workspace_id, std::string_view contact_id,
                                    std::string_view patch) {
  Status status;
  const auto work = [&](storage::Transaction& tx) {
    status = host::update_contact(tx, plugin, workspace_id, contact_id, patch);
  };
  if (unit != nullptr) {
    unit->use(work);
  } else {
    p_.database.writer().run(work);
  }
  return status;
}

void HostServices::state_changed(const std::string& plugin, std::string_view state,
                                 const std::string& reason) {
  const bool bad = state == "failed" || state == "unconfigured" || state == "paused" ||
                   state == "stalled" || state == "quarantined";
  p_.log.named(plugin).log(bad ? LogLevel::warn : LogLevel::info, "{}{}{}", state,
                           reason.empty() ? "" : ": ", reason);
  nlohmann::json data{{"plugin_id", plugin}, {"state", state}};
  if (!reason.empty()) data["reason"] = reason;
  p_.publish_ephemeral(make_entry("plugin.status", "", {"host", 0, {}}, data));
  if (state == "running") p_.started(plugin);
}

}  // namespace gardu::host
