// SPDX-License-Identifier: Apache-2.0
#include "app/gateway.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "api/api.hpp"
#include "app/accounts.hpp"
#include "app/bootstrap.hpp"
#include "app/housekeeping.hpp"
#include "app/keyring.hpp"
#include "app/media_store.hpp"
#include "app/plugin_configs.hpp"
#include "app/plugin_data.hpp"
#include "app/plugin_services.hpp"
#include "app/pruner.hpp"
#include "app/purge.hpp"
#include "app/transport_actions.hpp"
#include "app/typing.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "http/server.hpp"
#include "http_client/http_client.hpp"
#include "journal/follower.hpp"
#include "outbox/sender.hpp"
#include "plugins/manager.hpp"
#include "storage/journal.hpp"

namespace gardu::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFollow{50};              // how late events of other hosts may come
constexpr std::chrono::minutes kPruneEvery{10};  // how often it is looked whether it is time

http::Options http_options(const Settings& s) {
  http::Options o;
  o.listen = s.http.listen;
  o.threads = s.http.threads;
  o.tls = {s.http.tls_certificate, s.http.tls_key};
  o.trusted_proxies = s.http.trusted_proxies;
  return o;
}

Sender::Options sender_options(const Settings& s, const std::string& node) {
  Sender::Options o;
  o.policy.attempts = s.outbox.attempts;
  o.policy.backoff_s = s.outbox.backoff_s;
  o.send_timeout = seconds(s.outbox.send_timeout_s);
  o.doubt_wait = seconds(s.outbox.in_doubt_wait_s);
  o.node = node;
  return o;
}

PluginView view_of(const PluginManager::Entry& entry) {
  PluginView v;
  v.id = entry.config.id;
  v.enabled = entry.config.enabled;
  v.isolation = entry.config.isolated ? "process" : "none";
  if (!entry.instance) {
    v.state = entry.refused.empty() ? "stopped" : "failed";
    v.reason = entry.refused;
    return v;
  }
  const auto info = entry.instance->info();
  const gardu_manifest& m = entry.instance->file().manifest;
  v.name = m.name;
  v.version = m.version;
  v.abi = std::to_string(m.abi_major) + "." + std::to_string(m.abi_minor);
  v.state = to_string(info.state);
  v.reason = info.reason;
  v.last_error = info.last_error;
  v.mailbox = static_cast<std::int64_t>(info.mailbox);
  v.lag = info.lag;
  v.events = static_cast<std::int64_t>(info.events);
  v.errors = static_cast<std::int64_t>(info.errors);
  v.restarts = static_cast<std::int64_t>(info.restarts);
  v.dropped = static_cast<std::int64_t>(info.dropped);
  v.refused = static_cast<std::int64_t>(info.refused);
  for (const auto& [role, name] : {std::pair{GARDU_ROLE_SUBSCRIBER, "subscriber"},
                                   {GARDU_ROLE_TRANSPORT, "transport"},
                                   {GARDU_ROLE_HTTP, "http"},
                                   {GARDU_ROLE_SERVICE, "service"}})
    if ((m.roles & role) != 0) v.roles.emplace_back(name);
  return v;
}

std::vector<storage::JournalEntry> read_on(storage::Database& database, std::int64_t after,
                                           int limit) {
  storage::JournalQuery q;
  q.after_seq = after;
  q.limit = limit;
  return database.query([&](storage::Session& s) { return storage::journal::read(s, q); });
}

}  // namespace

// In the order of construction; what is below may use what is above.
struct Gateway::Parts {
  Parts(const Settings& settings, const Logger& log, const std::atomic<bool>& draining)
      : node(settings.node_id.empty() ? "node-" + uuid_v7() : settings.node_id),
        secrets(settings.data_dir),
        keys(keyring(settings, secrets)),
        database(open(settings)),
        feed([this](std::int64_t after, int limit) { return read_on(*database, after, limit); },
             database->query([](storage::Session& s) { return storage::journal::newest(s); })),
        typing([this](storage::JournalEntry e) { publish_ephemeral(std::move(e)); }),
        intake(*database, typing),
        follower(
            feed,
            [this](std::int64_t after, int limit) { return read_on(*database, after, limit); },
            database->many_writers() ? kFollow : milliseconds(0)),
        data(*database, intake, log, node),
        media(*database, std::filesystem::path(settings.data_dir) / "media",
              settings.media_max_size),
        client(client_options()),
        tokens(*database),
        api(context(settings, log, draining)),
        services({*database, feed, intake, secrets, metrics, log,
                  [this](const std::string& p, PluginRoute r) {
                    return api.add_plugin_route(p, std::move(r));
                  },
                  [this](const std::string& p) { api.remove_plugin_routes(p); },
                  [this](storage::JournalEntry e) { publish_ephemeral(std::move(e)); }, data, media,
                  client,
                  [this](const std::string& p) {
                    if (linked) links.started(p);
                  }}),
        plugins(plugin_options(settings), services),
        links(*database, plugins, keys, log.named("accounts")),
        actions(plugins, links),
        sender(
            *database, [this](const std::string& id) { return plugins.find(id); },
            sender_options(settings, node), log.named("outbox")),
        server(http_options(settings), api),
        pruner(*database, pruner_options(settings), log.named("retention")) {
    database->writer().set_on_commit(
        [this](std::vector<storage::JournalEntry>&& e) { committed(std::move(e)); });
  }

  static std::unique_ptr<storage::Database> open(const Settings& settings) {
    auto database = std::make_unique<storage::Database>(database_options(settings));
    database->migrate();
    return database;
  }
  static PluginManager::Options plugin_options(const Settings& settings) {
    PluginManager::Options o;
    o.paths = plugin_search_paths(settings.plugin_paths, library_dir());
    o.data_dir = std::filesystem::absolute(settings.data_dir);
    o.runner = program_dir() / "gardu-plugin-runner";
    o.host_version = GARDU_VERSION;
    return o;
  }

  // HTTPS_PROXY as other programs know it.
  static client::Client::Options client_options() {
    client::Client::Options o;
    for (const char* name : {"https_proxy", "HTTPS_PROXY"})
      if (const char* proxy = std::getenv(name); proxy != nullptr) o.proxy = proxy;
    return o;
  }

  void publish_ephemeral(storage::JournalEntry entry) {
    qr_codes.see(entry);
    std::vector<EventRef> one;
    one.push_back(
        EventBlock::make(std::move(entry), GARDU_EVENT_EPHEMERAL, std::nullopt, std::nullopt));
    feed.publish(std::move(one));
  }
  // On the writer's thread, right after the commit.
  void committed(std::vector<storage::JournalEntry> entries) {
    const bool doubts = sender.in_doubt();
    const bool due = std::any_of(entries.begin(), entries.end(), [&](const auto& e) {
      return e.type == "message.sent" || (doubts && e.type == "message.status.updated");
    });
    follower.committed(std::move(entries));
    if (due) sender.poke();
  }

  ApiContext context(const Settings& s, const Logger& log, const std::atomic<bool>& draining) {
    ApiLimits limits{s.limits.requests_per_minute, s.limits.sends_per_second,
                     s.limits.sends_per_day, s.http.max_body, s.http.cors_origins};
    return {*database,
            feed,
            metrics,
            tokens,
            log.named("api"),
            std::move(limits),
            [this](const std::string& id, std::string_view json) {
              return keys.seal_account(id, json);
            },
            keys.id(),
            transport_control(),
            [this] { return plugin_views(); },
            {[this](const std::string& id) { return plugins.restart(id); },
             [this](const std::string& id, bool on) { return plugins.enable(id, on); },
             [this](const std::string& id, const std::string& own) {
               return check_workspace_settings(plugins, id, own);
             },
             [this](const std::string& id) {
               if (const auto p = plugins.find(id)) p->replay();
             },
             [this](const std::string& id, std::int64_t seq) {
               const auto p = plugins.find(id);
               return p ? p->replay_after(seq, seconds(10))
                        : Status::rejected("the plugin is not running");
             }},
            [this] { return readiness(); },
            [&draining] { return draining.load(); }};
  }
  TransportControl transport_control() {
    return {[this](const storage::Account& account, ActionRequest request,
                   PluginCode::ActionDone done) {
              return actions.act(account, std::move(request), std::move(done));
            },
            [this](const std::string& id) { links.changed(id); },
            [this] { sender.poke(); },
            [this](const std::string& id) {
              const auto p = plugins.find(id);
              return p && p->running() && p->is_transport();
            },
            [this](const std::string& id) { return qr_codes.of(id); },
            [this](storage::JournalEntry e) { typing.raise(std::move(e)); }};
  }
  std::vector<PluginView> plugin_views() const {
    std::vector<PluginView> out;
    for (const auto& entry : plugins.entries()) out.push_back(view_of(entry));
    return out;
  }
  void observe_plugins() {
    using Info = PluginInstance::Info;
    const std::pair<const char*, std::pair<const char*, std::int64_t (*)(const Info&)>> series[] = {
        {"gardu_plugin_up",
         {"1: the plugin takes calls.",
          [](const Info& i) -> std::int64_t { return i.state == PluginState::running ? 1 : 0; }}},
        {"gardu_plugin_mailbox_depth",
         {"Tasks that wait for the plugin's thread.",
          [](const Info& i) { return static_cast<std::int64_t>(i.mailbox); }}},
        {"gardu_plugin_lag",
         {"Journal positions between the newest event and the plugin's last.",
          [](const Info& i) { return i.lag; }}},
        {"gardu_plugin_events",
         {"Events that the plugin was shown since it started.",
          [](const Info& i) { return static_cast<std::int64_t>(i.events); }}},
        {"gardu_plugin_errors",
         {"Failures of the plugin since it started.",
          [](const Info& i) { return static_cast<std::int64_t>(i.errors); }}},
        {"gardu_plugin_restarts",
         {"How often the plugin's process has ended and was started again.",
          [](const Info& i) { return static_cast<std::int64_t>(i.restarts); }}},
        {"gardu_plugin_dropped",
         {"Ephemeral events that the plugin was too slow for.",
          [](const Info& i) { return static_cast<std::int64_t>(i.dropped); }}},
        {"gardu_plugin_refused",
         {"Requests and sends for which the plugin's mailbox was too full.",
          [](const Info& i) { return static_cast<std::int64_t>(i.refused); }}}};
    for (const auto& entry : plugins.entries())
      for (const auto& [name, what] : series)
        metrics.observe(name, what.first, Metrics::label("plugin", entry.config.id),
                        [this, id = entry.config.id, read = what.second]() -> std::int64_t {
                          const auto plugin = plugins.find(id);
                          return plugin ? read(plugin->info()) : 0;
                        });
  }
  std::vector<ReadyPart> readiness() {
    const auto health = database->health();
    return {{"storage", health.ok, health.text}};
  }

  void prune(const Logger& log) {
    if (!pruner.due()) return;
    const auto report = pruner.run();
    for (const auto& one : report ? report->workspaces : std::vector<PruneReport::One>{})
      log.info("{}", describe(one, false));
    if (report && report->swept > 0)
      log.info("{} files that nothing named any more deleted", report->swept);
  }

  std::vector<Housekeeping::Task> tasks() {
    return {{"accounts", seconds(2), [this] { links.follow(seconds(10)); }},
            {"purge", seconds(60), [this] { purge(*database, now_ms()); }}};
  }

  const std::string node;  // this host, among those of the database
  SecretStore secrets;
  const Keyring keys;
  Metrics metrics;
  std::unique_ptr<storage::Database> database;
  EventFeed feed;
  QrCodes qr_codes;
  Typing typing;
  Intake intake;
  JournalFollower follower;
  HostData data;
  MediaStore media;
  client::Client client;
  TokenService tokens;
  Api api;
  HostServices services;
  std::atomic<bool> linked{false};  // the accounts were connected for the first time
  PluginManager plugins;
  AccountLinks links;
  TransportActions actions;
  Sender sender;
  http::Server server;
  Pruner pruner;
  std::unique_ptr<Housekeeping> housekeeping;
  std::unique_ptr<Housekeeping> nightly;  // its task may take long
};

Gateway::Gateway(Settings settings, Logger log)
    : settings_(std::move(settings)), log_(std::move(log)) {}

Gateway::~Gateway() { (void)drain(); }

void Gateway::start() {
  parts_ = std::make_unique<Parts>(settings_, log_, draining_);
  const std::string token_file = settings_.data_dir + "/owner.token";
  if (create_first_workspace(*parts_->database, token_file))
    log_.info("the workspace 'default' was created; its owner's token is in {}", token_file);
  refuse_other_hosts_keys(*parts_->database, settings_, parts_->keys);
  reseal_accounts(*parts_->database, parts_->keys, log_.named("accounts"));
  parts_->plugins.start_all(plugin_configs(settings_));
  // Before the first webhook, so that none arrives for an account that its transport does not know.
  parts_->links.follow(seconds(10));
  parts_->linked = true;
  parts_->sender.start();
  parts_->metrics.observe("gardu_outbox_in_flight", "Messages handed to a transport.", "",
                          [this] { return static_cast<std::int64_t>(parts_->sender.in_flight()); });
  parts_->metrics.observe("gardu_writer_waiting", "Writes that wait for the database.", "", [this] {
    return static_cast<std::int64_t>(parts_->database->writer().waiting());
  });
  parts_->metrics.observe("gardu_writer_transactions", "Transactions that wrote.", "", [this] {
    return static_cast<std::int64_t>(parts_->database->writer().stats().transactions);
  });
  parts_->metrics.observe(
      "gardu_writer_works", "Writes that shared those transactions.", "",
      [this] { return static_cast<std::int64_t>(parts_->database->writer().stats().works); });
  parts_->metrics.observe("gardu_journal_seq", "The newest seq of the journal.", "",
                          [this] { return parts_->feed.newest(); });
  parts_->observe_plugins();
  parts_->housekeeping =
      std::make_unique<Housekeeping>(parts_->tasks(), log_.named("housekeeping"));
  const Housekeeping::Task prune{"retention", kPruneEvery,
                                 [this, log = log_.named("retention")] { parts_->prune(log); }};
  parts_->nightly = std::make_unique<Housekeeping>(std::vector{prune}, log_.named("housekeeping"));
  parts_->server.start();
  const std::string host = settings_.http.listen.substr(0, settings_.http.listen.rfind(':'));
  log_.named("http").info("listening on {}:{}", host, parts_->server.port());
}

bool Gateway::drain() {
  if (!parts_) return true;
  draining_ = true;
  const auto limit = milliseconds(seconds(settings_.drain_s));
  if (!parts_->server.drain(limit)) log_.warn("some requests were cut off");
  if (!parts_->sender.drain(limit)) log_.warn("some sends are left to the next start");
  parts_->server.stop();
  parts_->api.stop();
  parts_->housekeeping.reset();
  parts_->pruner.stop();
  parts_->nightly.reset();
  parts_->linked = false;
  const bool ended = parts_->plugins.stop_all();
  parts_->sender.stop();
  parts_->typing.stop();
  parts_->follower.stop();
  parts_->database->writer().stop();
  parts_->client.stop();
  if (ended) {
    parts_.reset();
  } else {
    // Threads are still at work in a plugin's code and may call the host at any moment.
    (void)parts_.release();
  }
  return ended;
}

}  // namespace gardu::host
