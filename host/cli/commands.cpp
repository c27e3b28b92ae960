// SPDX-License-Identifier: Apache-2.0
// The commands that look something up or make something, beside a running server or without one.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "app/bootstrap.hpp"
#include "app/keyring.hpp"
#include "app/plugin_configs.hpp"
#include "auth/token_service.hpp"
#include "auth/workspaces.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "cli/cli.hpp"
#include "cli/database.hpp"
#include "cli/plugin_check.hpp"
#include "cli/plugin_new.hpp"
#include "event/json.hpp"
#include "plugins/host_table.hpp"
#include "plugins/manager.hpp"
#include "storage/accounts.hpp"
#include "storage/users.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

std::string word(const Arguments& a, std::size_t i) {
  return i < a.words.size() ? a.words[i] : std::string();
}

[[noreturn]] void usage(const std::string& what) {
  throw CommandError(2, what + "\nsee gardu --help");
}

// By email or id.
storage::Member find_member(storage::Database& database, const std::string& workspace_id,
                            const std::string& name) {
  const auto found = database.query([&](storage::Session& s) {
    const auto user = storage::users::find_by_email(s, name);
    return storage::memberships::get(s, workspace_id, user ? user->id : name);
  });
  if (!found)
    throw CommandError(1, "'" + name + "' is no member of the workspace\nsee gardu user create");
  return *found;
}

// The host's keys and the plugins' in one go.
int check_config(const Arguments& a) {
  const ConfigRequest request = config_request(a);
  const auto loaded = load_config(request);
  std::vector<ConfigProblem> problems;
  if (const auto* wrong = std::get_if<std::vector<ConfigProblem>>(&loaded)) problems = *wrong;
  const auto section = configured_plugins(request);
  const auto paths = plugin_search_paths(section.paths, library_dir());
  for (const auto& p : section.plugins) {
    std::vector<PluginProblem> found;
    check_plugin(plugin_config(p), paths, found);
    for (const auto& f : found) {
      const bool told = std::any_of(problems.begin(), problems.end(),
                                    [&](const ConfigProblem& q) { return q.path == f.path; });
      if (!told) problems.push_back({f.path, f.message});
    }
  }
  if (!problems.empty()) throw config_error(problems);
  const std::string& source = std::get<Settings>(loaded).source;
  std::cout << (source.empty() ? "the built-in defaults" : source) << ": fine\n";
  return 0;
}

int show_settings(const Arguments& a) {
  const Settings s = load_settings(a);
  std::map<std::string, std::string> schemas;
  const auto paths = plugin_search_paths(s.plugin_paths, library_dir());
  for (const auto& p : s.plugins)
    if (const auto path = find_plugin(p.id, paths))
      if (const auto file = read_plugin_file(*path)) schemas[p.id] = file->schema;
  json shown = json::parse(show_config(s, a.has("secrets"), schemas));
  if (a.has("secrets")) shown["generated_secrets"] = SecretStore(s.data_dir).all();
  std::cout << shown.dump(2) << "\n";
  return 0;
}

}  // namespace

storage::Workspace find_workspace(storage::Database& database, const std::string& name) {
  auto found = database.query([&](storage::Session& s) {
    auto w = storage::workspaces::get(s, name);
    return w ? w : storage::workspaces::find_by_slug(s, name);
  });
  if (!found)
    throw CommandError(1, "there is no workspace '" + name + "'\nsee gardu workspace list");
  return *found;
}

std::unique_ptr<storage::Database> open_database(const Settings& settings) {
  SecretStore directory(settings.data_dir);  // makes the data directory
  auto database = std::make_unique<storage::Database>(database_options(settings));
  database->migrate();
  return database;
}

int config_command(const Arguments& a) {
  const std::string what = word(a, 1);
  if (what == "check") return check_config(a);
  if (what == "show") return show_settings(a);
  if (what == "schema") {
    std::cout << config_schema();
    return 0;
  }
  usage("config takes check, show or schema");
}

int workspace_command(const Arguments& a) {
  const Settings s = load_settings(a);
  const auto database = open_database(s);
  if (word(a, 1) == "create") {
    if (word(a, 2).empty()) usage("workspace create takes a name");
    std::string id;
    database->writer().run(
        [&](storage::Transaction& tx) { id = create_workspace(tx, word(a, 2)).id; });
    std::cout << id << "\n";
    return 0;
  }
  if (word(a, 1) != "list") usage("workspace takes create NAME or list");
  const auto all = database->query(
      [](storage::Session& session) { return storage::workspaces::list(session, "", 10'000); });
  if (a.has("json")) {
    json out = json::array();
    for (const auto& w : all)
      out.push_back({{"id", w.id}, {"name", w.name}, {"slug", w.slug}, {"status", w.status}});
    std::cout << out.dump(2) << "\n";
  } else {
    for (const auto& w : all) std::cout << w.id << "  " << w.slug << "  " << w.name << "\n";
  }
  return 0;
}

int token_command(const Arguments& a) {
  if (word(a, 1) != "create") usage("token takes create");
  const Settings s = load_settings(a);
  const auto database = open_database(s);
  TokenSpec spec;
  spec.name = a.has("name") ? a.get("name") : "command line";
  if (a.has("platform")) {
    for (const char* other : {"workspace", "user", "role"})
      if (a.has(other)) usage(std::string("--platform goes without --") + other);
    spec.platform = true;
  } else {
    spec.workspace_id = find_workspace(*database, a.require("workspace")).id;
    if (a.has("user")) {
      const storage::Member member = find_member(*database, spec.workspace_id, a.get("user"));
      spec.user_id = member.user.id;
      spec.role = a.has("role") ? a.get("role") : member.role;
    } else {
      spec.role = a.require("role");
    }
    if (!is_role(spec.role)) usage("--role takes viewer, agent, admin or owner");
  }
  std::string token;
  database->writer().run([&](storage::Transaction& tx) { token = issue_token(tx, spec); });
  std::cout << token << "\n";
  return 0;
}

int account_command(const Arguments& a) {
  if (word(a, 1) != "create") usage("account takes create");
  const Settings s = load_settings(a);
  const auto database = open_database(s);
  storage::Account account;
  account.id = uuid_v7();
  account.workspace_id = find_workspace(*database, a.require("workspace")).id;
  account.transport = a.require("transport");
  account.name = a.require("name");
  account.address = a.require("address");
  account.created_at = now_ms();
  if (a.has("credentials-stdin")) {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    if (!json::parse(text, nullptr, false).is_object())
      throw CommandError(2, "the credentials on standard input are no JSON object");
    SecretStore secrets(s.data_dir);
    const Keyring keys = keyring(s, secrets);
    account.credentials = keys.seal_account(account.id, text);
    account.key_id = keys.id();
  }
  database->writer().run([&](storage::Transaction& tx) { storage::accounts::insert(tx, account); });
  std::cout << account.id << "\n";
  return 0;
}

int plugin_command(const Arguments& a) {
  if (word(a, 1) == "new") return plugin_new_command(a);
  if (word(a, 1) == "check") return plugin_check_command(a);
  if (word(a, 1) == "forget") return plugin_forget_command(a);
  if (word(a, 1) == "check-one") return plugin_check_one_command(a);
  if (word(a, 1) != "list") usage("plugin takes list, check, new or forget");
  const Settings s = load_settings(a);
  const auto paths = plugin_search_paths(s.plugin_paths, library_dir());
  json out = json::array();
  for (const auto& config : plugin_configs(s)) {
    std::vector<PluginProblem> problems;
    const auto checked = check_plugin(config, paths, problems);
    json line{{"id", config.id}, {"enabled", config.enabled}};
    if (checked) {
      const gardu_manifest& m = checked->file.manifest;
      line.update({{"status", "ok"},
                   {"version", m.version},
                   {"name", m.name},
                   {"license", m.license},
                   {"abi", std::to_string(m.abi_major) + "." + std::to_string(m.abi_minor)},
                   {"file", checked->file.path.string()}});
    } else {
      std::string why;
      for (const auto& p : problems) why += (why.empty() ? "" : "; ") + p.message;
      line.update({{"status", "refused"}, {"reason", why}});
    }
    out.push_back(std::move(line));
  }
  if (a.has("json")) {
    std::cout << out.dump(2) << "\n";
    return 0;
  }
  for (const json& p : out)
    std::cout << p["id"].get<std::string>() << "  "
              << (p["status"] == "ok"
                      ? p["version"].get<std::string>() + "  SDK " + p["abi"].get<std::string>() +
                            "  " + p["file"].get<std::string>()
                      : "refused: " + p["reason"].get<std::string>())
              << "\n";
  return 0;
}

}  // namespace gardu::host
