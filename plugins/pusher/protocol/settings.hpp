// SPDX-License-Identifier: Apache-2.0
//
// The plugin's settings as plain structs. Read-only after start.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gardu/result.hpp>

namespace gardu::pusher {

struct KeyPair {
  std::string key, secret;
};

struct Limits {  // 0: no limit
  size_t channel_name = 200;
  size_t event_name = 200;
  size_t event_data = 10240;
  size_t client_event_data = 10240;
  size_t channels_per_event = 100;
  size_t batch = 10;
  size_t presence_members = 100;
  size_t presence_member = 2048;  // bytes of channel_data
  size_t user_id = 128;
  size_t channels_per_connection = 0;
  size_t client_events_per_second = 10;  // of one connection
  size_t events_per_second = 0;          // published over the HTTP API
  size_t reads_per_second = 0;           // GET requests of the HTTP API
  size_t message = 65536;
};

enum class WebhookKind : uint8_t {
  channel_occupied,
  channel_vacated,
  member_added,
  member_removed,
  client_event,
  cache_miss,
  subscription_count,
};
inline constexpr size_t kWebhookKinds = 7;
std::string_view name_of(WebhookKind kind) noexcept;

struct WebhookSettings {
  std::string url;
  std::array<bool, kWebhookKinds> wanted{};  // by WebhookKind
  std::vector<std::pair<std::string, std::string>> headers;
  bool batch = false;
};

struct AppSettings {
  std::string id;
  std::vector<KeyPair> keys;  // the first one signs; an empty secret is still to be made up
  bool enabled = true;
  bool client_events = true;
  bool user_authentication = true;  // pusher:signin is answered
  bool subscription_count = false;  // is told to subscribers
  size_t max_connections = 0;
  std::vector<std::string> allowed_origins{"*"};
  Limits limits;
  std::chrono::seconds cache_ttl{1800};
  std::vector<WebhookSettings> webhooks;
};

struct RecoveryLimits {
  size_t max_events = 1000;
  std::chrono::seconds max_age{86'400};
};

struct Settings {
  std::string host = "127.0.0.1";
  uint16_t port = 8080;
  size_t threads = 1;
  std::string path;  // mount prefix: empty, or with a leading and without a trailing slash
  std::string tls_certificate, tls_key;
  std::chrono::milliseconds activity_timeout{30'000};
  std::chrono::milliseconds pong_timeout{30'000};
  size_t send_queue = size_t{1} << 20U;
  size_t handshakes_per_second = 0;  // 0: no limit, as with max_connections
  size_t max_connections = 0;
  std::chrono::milliseconds drain{10'000};
  std::string redis;  // redis://host:port/database; empty: this node alone
  std::string redis_prefix = "gardu";
  std::string gateway_app = "gardu";  // empty: the gateway's own events are not broadcast
  bool gardu_profile = true, blazz_profile = false;
  RecoveryLimits recovery;
  std::vector<AppSettings> apps;

  bool tls() const noexcept { return !tls_certificate.empty(); }
};

// GARDU_INVALID names the key that is wrong.
Result<Settings> parse_settings(std::string_view json);

}  // namespace gardu::pusher
