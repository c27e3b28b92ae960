// SPDX-License-Identifier: Apache-2.0
//
// What a webhook says, and how it is signed. Pure functions, any thread.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "webhooks/sink.hpp"

namespace gardu::pusher {

using WebhookHeaders = std::vector<std::pair<std::string, std::string>>;

// One element of "events", as JSON; texts that are no UTF-8 are mended.
std::string webhook_event_json(const WebhookEvent& event);
// {"time_ms":…,"events":[…]} of such elements.
std::string webhook_body(int64_t time_ms, std::span<const std::string_view> events);
// The protocol's headers, and the endpoint's own that are not named like one of them.
WebhookHeaders webhook_headers(const KeyPair& key, std::string_view body,
                               std::string_view delivery_id, const WebhookHeaders& own);

// What is held back again when such an element comes from the storage: its kind, channel and user.
// False: it is no element of ours.
bool read_webhook_event(std::string_view json, WebhookEvent& out);

}  // namespace gardu::pusher
