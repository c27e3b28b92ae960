// SPDX-License-Identifier: Apache-2.0
//
// The vocabulary's words and their numbers in the ABI. One table each; unknown words and numbers
// map to the value that a reader must tolerate.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include <gardu/abi/abi.h>
#include <gardu/abi/ext/publish.h>

namespace gardu::host {

std::uint32_t event_type(std::string_view name);       // unknown: GARDU_EVENT_OTHER
std::string_view event_type_name(std::uint32_t type);  // OTHER and unknown: ""
std::optional<std::uint32_t> message_type(std::string_view name);
std::string_view message_type_name(std::uint32_t type);  // unknown: "unsupported"
std::optional<std::uint32_t> message_status(std::string_view name);
std::string_view message_status_name(std::uint32_t status);
std::optional<std::uint32_t> priority(std::string_view name);
std::string_view priority_name(std::uint32_t priority);  // unknown: "normal"
std::optional<std::uint32_t> identity_kind(std::string_view name);
std::string_view identity_kind_name(std::uint32_t kind);  // unknown: "other"

}  // namespace gardu::host
