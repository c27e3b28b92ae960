// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "config/overlay.hpp"
#include "schema/schema.hpp"

namespace gardu::host {
namespace {

using nlohmann::ordered_json;
using Problems = std::vector<ConfigProblem>;

// A file that was named must exist; the default one may be absent.
std::optional<std::string> choose_file(const ConfigRequest& r, bool& named) {
  named = true;
  if (r.file) return r.file;
  if (const auto it = r.environment.find("GARDU_CONFIG");
      it != r.environment.end() && !it->second.empty())
    return it->second;
  named = false;
  const std::string usual = "config/gardu.json";
  return std::filesystem::exists(usual) ? std::optional(usual) : std::nullopt;
}

ordered_json read_file(const std::string& file, Problems& problems) {
  std::ifstream in(file);
  if (!in) {
    problems.push_back({"", file + " cannot be read; name another with --config"});
    return ordered_json::object();
  }
  std::ostringstream text;
  text << in.rdbuf();
  try {
    auto json = ordered_json::parse(text.str(), nullptr, true, true);
    if (json.is_object()) return json;
    problems.push_back({"", file + " does not hold a JSON object"});
  } catch (const ordered_json::parse_error& e) {
    problems.push_back({"", file + " is not valid JSON: " + e.what()});
  }
  return ordered_json::object();
}

std::uint64_t bytes_of(const nlohmann::json& v) {
  return v.is_string() ? parse_byte_size(v.get<std::string>()).value_or(0) : v.get<std::uint64_t>();
}

std::vector<Settings::Plugin> plugins_of(const ordered_json& load) {
  std::vector<Settings::Plugin> out;
  for (const auto& [id, settings] : load.items()) {
    if (!settings.is_object()) continue;
    auto own = settings;
    const auto take = [&](const char* key) {
      ordered_json value;
      if (const auto it = own.find(key); it != own.end()) {
        value = *it;
        own.erase(key);
      }
      return value;
    };
    Settings::Plugin p;
    p.id = id;
    p.enabled = take("enabled") != false;
    p.isolated = take("isolation") == "process";
    p.allow_private_addresses = take("allow_private_addresses") == true;
    if (const auto v = take("process_memory_mb"); v.is_number_integer())
      p.process_memory_mb = v.get<int>();
    if (const auto v = take("hook_warn_ms"); v.is_number_integer()) p.hook_warn_ms = v.get<int>();
    if (const auto v = take("hook_limit_ms"); v.is_number_integer()) p.hook_limit_ms = v.get<int>();
    p.settings = own.dump();
    out.push_back(std::move(p));
  }
  return out;
}

// The file with environment, command line and ${VAR} laid over it.
ordered_json gather(const ConfigRequest& request, const Schema& schema, std::string& source,
                    Problems& problems) {
  bool named = false;
  const auto file = choose_file(request, named);
  ordered_json j = file ? read_file(*file, problems) : ordered_json::object();
  source = file.value_or("");
  if (!problems.empty()) return j;
  j.erase("$schema");
  apply_environment(j, schema.root(), request.environment, problems);
  for (const auto& [path, value] : request.overrides) apply_override(j, path, value, problems);
  expand(j, "", request.environment, problems);
  return j;
}

Settings typed(const nlohmann::json& j, const ordered_json& ordered) {
  Settings s;
  s.data_dir = j.at("data_dir");
  s.drain_s = j.at("drain_s");
  const auto& http = j.at("http");
  s.http = {http.at("listen"),          http.at("public_url"),  http.at("tls").at("certificate"),
            http.at("tls").at("key"),   http.at("threads"),     bytes_of(http.at("max_body")),
            http.at("trusted_proxies"), http.at("cors_origins")};
  const auto& st = j.at("storage");
  s.storage = {st.at("backend"),
               st.at("dsn"),
               st.at("synchronous"),
               st.at("pool"),
               st.at("group_commit").at("wait_ms"),
               st.at("group_commit").at("max"),
               st.at("retention_days")};
  s.media_max_size = bytes_of(j.at("media").at("max_size"));
  s.encryption_key = j.at("secrets").at("encryption_key");
  s.old_encryption_keys = j.at("secrets").at("old_encryption_keys");
  s.log_level = j.at("log").at("level");
  s.log_format = j.at("log").at("format");
  const auto& limits = j.at("limits");
  s.limits = {limits.at("requests_per_minute"), limits.at("sends_per_second"),
              limits.at("sends_per_day")};
  s.outbox = {j.at("outbox").at("attempts"), j.at("outbox").at("send_timeout_s"),
              j.at("outbox").at("in_doubt_wait_s"), j.at("outbox").at("backoff_s")};
  s.node_id = j.at("cluster").at("node_id");
  s.redis = j.at("cluster").at("redis");
  s.plugin_paths = j.at("plugins").at("paths");
  s.plugins = plugins_of(ordered.at("plugins").at("load"));
  s.text = ordered.dump(2);
  return s;
}

}  // namespace

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (char** e = environ; e != nullptr && *e != nullptr; ++e) {
    const std::string_view entry(*e);
    const auto eq = entry.find('=');
    if (eq != std::string_view::npos) out.emplace(entry.substr(0, eq), entry.substr(eq + 1));
  }
  return out;
}

PluginSection configured_plugins(const ConfigRequest& request) {
  const auto schema = Schema::compile(config_schema());
  std::string source;
  Problems ignored;
  const ordered_json j = gather(request, *schema, source, ignored);
  PluginSection out;
  const auto plugins = j.find("plugins");
  if (plugins == j.end() || !plugins->is_object()) return out;
  if (const auto load = plugins->find("load"); load != plugins->end() && load->is_object())
    out.plugins = plugins_of(*load);
  const auto paths = plugins->find("paths");
  if (paths != plugins->end() && paths->is_array() &&
      std::all_of(paths->begin(), paths->end(), [](const auto& p) { return p.is_string(); }))
    out.paths = paths->get<std::vector<std::string>>();
  return out;
}

std::variant<Settings, Problems> load_config(const ConfigRequest& request) {
  Problems problems;
  const auto schema = Schema::compile(config_schema());
  std::string source;
  ordered_json j = gather(request, *schema, source, problems);
  const bool unreadable = !problems.empty() && problems.front().path.empty();
  if (unreadable) return problems;
  for (const auto& p : schema->validate(j)) {
    // An unexpanded value was told already; its type or form is not known.
    const bool told = std::any_of(problems.begin(), problems.end(),
                                  [&](const ConfigProblem& q) { return q.path == p.path; });
    if (!told) problems.push_back({p.path, p.message});
  }
  if (!problems.empty()) return problems;
  fill_defaults(j, schema->root());
  Settings s = typed(nlohmann::json(j), j);
  if (s.http.tls_certificate.empty() != s.http.tls_key.empty())
    return Problems{{"http.tls", "needs both certificate and key, or neither"}};
  s.source = source;
  return s;
}

std::string show_config(const Settings& settings, bool with_secrets,
                        const std::map<std::string, std::string>& plugin_schemas) {
  auto j = nlohmann::json::parse(settings.text);
  if (with_secrets) return j.dump(2);
  j = Schema::compile(config_schema())->masked(j);
  for (auto& [id, own] : j["plugins"]["load"].items())
    if (const auto it = plugin_schemas.find(id); it != plugin_schemas.end())
      if (const auto schema = Schema::compile(it->second)) own = schema->masked(own);
  return j.dump(2);
}

}  // namespace gardu::host
