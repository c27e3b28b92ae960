// SPDX-License-Identifier: Apache-2.0
//
// What the Cloud API does beyond sending: read receipts, typing, reactions, the state of a number.
// Of edits, revocations, history and pairing it knows nothing.
#pragma once
#include <gardu/http_client.hpp>
#include <gardu/transport.hpp>
#include <string>
#include <string_view>

#include "sender.hpp"

namespace gardu::meta_cloud {

// The gardu_transport_feature bits of the actions that are taken, and of no other.
inline constexpr uint64_t kActionFeatures =
    GARDU_CAN_MARK_READ | GARDU_CAN_TYPING | GARDU_CAN_REACTION | GARDU_CAN_HEALTH;

// What is read of a number for GARDU_ACTION_HEALTH, as the Graph API wants it in a URL.
std::string health_fields();

bool is_known_action(uint32_t kind) noexcept;

// The body of a read receipt, of typing or of a reaction. GARDU_INVALID: something is missing.
Result<std::string> build_action(const Action& action);

// What came of it: the outcome's `data`, empty for a read receipt and for typing.
Result<std::string> read_action(uint32_t kind, const HttpAnswer& answer, std::string_view to,
                                const Asked& asked);

}  // namespace gardu::meta_cloud
