// SPDX-License-Identifier: Apache-2.0
//
// The configuration: one JSON file with // comments, overridden by the environment and the command
// line, expanded, checked against the schema, as a typed struct.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gardu::host {

struct Settings {
  std::string data_dir;
  struct Http {
    std::string listen, public_url, tls_certificate, tls_key;
    int threads = 1;
    std::uint64_t max_body = 0;
    std::vector<std::string> trusted_proxies, cors_origins;
  } http;
  struct Storage {
    std::string backend, dsn, synchronous;
    int pool = 4, group_commit_wait_ms = 2, group_commit_max = 512, retention_days = 0;
  } storage;
  std::uint64_t media_max_size = 0;
  std::string encryption_key;                    // base64; empty: generated. A secret.
  std::vector<std::string> old_encryption_keys;  // secrets, too
  std::string log_level, log_format;
  struct Limits {
    int requests_per_minute = 600, sends_per_second = 30, sends_per_day = 100'000;
  } limits;
  struct Outbox {
    int attempts = 3, send_timeout_s = 30, in_doubt_wait_s = 60;
    std::vector<int> backoff_s;
  } outbox;
  std::string node_id;
  std::string redis;  // between the hosts' broadcasters; may hold a password
  int drain_s = 10;
  struct Plugin {
    std::string id;
    bool enabled = true;
    bool isolated = false;  // in a process of its own
    bool allow_private_addresses = false;
    int process_memory_mb = 1024;  // of one in a process of its own; 0: no limit
    int hook_warn_ms = 1'000, hook_limit_ms = 30'000;
    std::string settings;  // JSON object, without the host's own keys
  };
  std::vector<std::string> plugin_paths;
  std::vector<Plugin> plugins;

  std::string source;  // the file it came from; empty: built-in defaults
  std::string text;    // the whole, as JSON, expanded; holds secrets
};

struct ConfigProblem {
  std::string path;  // of the key; empty: the file as a whole
  std::string message;
};

struct ConfigRequest {
  std::optional<std::string> file;                             // --config
  std::map<std::string, std::string> environment;              // the whole of it
  std::vector<std::pair<std::string, std::string>> overrides;  // --set, in order
};

// All problems at once, or the settings.
std::variant<Settings, std::vector<ConfigProblem>> load_config(const ConfigRequest& request);

// The plugins that the same request names, as far as they can be read even when it has problems: so
// that a check can tell what is wrong in their settings in one go with the rest.
struct PluginSection {
  std::vector<std::string> paths{"plugins"};
  std::vector<Settings::Plugin> plugins;
};
PluginSection configured_plugins(const ConfigRequest& request);

// The settings as JSON text. `plugin_schemas` (id → schema text) say what is secret in theirs.
std::string show_config(const Settings& settings, bool with_secrets,
                        const std::map<std::string, std::string>& plugin_schemas);

// The text of the configuration's JSON Schema, as installed.
std::string_view config_schema();
std::map<std::string, std::string> process_environment();

}  // namespace gardu::host
