// SPDX-License-Identifier: Apache-2.0
//
// Writes what receivers' libraries read: Content-Type exactly so, client_event.data a string.
#include "webhooks/body.hpp"

#include <strings.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/crypto.hpp"

namespace gardu::pusher {

std::string webhook_event_json(const WebhookEvent& event) {
  nlohmann::ordered_json json;
  json["name"] = name_of(event.kind);
  json["channel"] = event.channel;
  switch (event.kind) {
    case WebhookKind::member_added:
    case WebhookKind::member_removed:
      json["user_id"] = event.user_id;
      break;
    case WebhookKind::client_event:
      json["event"] = event.event;
      json["data"] = event.data;
      json["socket_id"] = event.socket_id;
      if (!event.user_id.empty()) json["user_id"] = event.user_id;
      break;
    case WebhookKind::subscription_count:
      json["subscription_count"] = event.subscription_count;
      break;
    case WebhookKind::channel_occupied:
    case WebhookKind::channel_vacated:
    case WebhookKind::cache_miss:
      break;
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string webhook_body(int64_t time_ms, std::span<const std::string_view> events) {
  std::string body = "{\"time_ms\":" + std::to_string(time_ms) + ",\"events\":[";
  const char* separator = "";
  for (const std::string_view event : events) {
    body.append(separator).append(event);
    separator = ",";
  }
  return body.append("]}");
}

WebhookHeaders webhook_headers(const KeyPair& key, std::string_view body,
                               std::string_view delivery_id, const WebhookHeaders& own) {
  WebhookHeaders headers{{"Content-Type", "application/json"},
                         {"X-Pusher-Key", key.key},
                         {"X-Pusher-Signature", hmac_sha256_hex(key.secret, body)},
                         {"X-Gardu-Delivery", std::string(delivery_id)}};
  const auto taken = static_cast<ptrdiff_t>(headers.size());
  for (const auto& header : own)
    if (std::none_of(headers.begin(), headers.begin() + taken, [&](const auto& ours) {
          return strcasecmp(ours.first.c_str(), header.first.c_str()) == 0;
        }))
      headers.push_back(header);
  return headers;
}

bool read_webhook_event(std::string_view json, WebhookEvent& out) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return false;
  const auto text = [&](const char* name) {
    const auto it = parsed.find(name);
    return it != parsed.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  const std::string name = text("name");
  for (size_t i = 0; i < kWebhookKinds; ++i) {
    out.kind = static_cast<WebhookKind>(i);
    if (name_of(out.kind) != name) continue;
    out.channel = text("channel");
    out.user_id = text("user_id");
    return true;
  }
  return false;
}

}  // namespace gardu::pusher
