// SPDX-License-Identifier: Apache-2.0
//
// The plugin's settings as plain structs. Read-only after start.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
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
  size_t channels_per_connection = 0;
  size_t client_events_per_second = 10;
  size_t message = 65536;
};

struct AppSettings {
  std::string id;
  std::vector<KeyPair> keys;  // the first one signs; an empty secret is still to be made up
  bool enabled = true;
  bool client_events = true;
  size_t max_connections = 0;
  std::vector<std::string> allowed_origins{"*"};
  Limits limits;
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
  size_t max_connections = 0;
  std::chrono::milliseconds drain{10'000};
  std::string gateway_app = "gardu";  // empty: the gateway's own events are not broadcast
  std::vector<AppSettings> apps;

  bool tls() const noexcept { return !tls_certificate.empty(); }
};

// GARDU_INVALID names the key that is wrong.
Result<Settings> parse_settings(std::string_view json);

}  // namespace gardu::pusher
