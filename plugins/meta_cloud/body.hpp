// SPDX-License-Identifier: Apache-2.0
//
// The body of a send, from the gateway's message.
#pragma once
#include <gardu/transport.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::meta_cloud {

inline constexpr uint32_t kTextLimit = 4096;     // characters
inline constexpr uint32_t kCaptionLimit = 1024;  // characters

struct Letter {
  uint32_t type = GARDU_MESSAGE_TEXT;  // gardu_message_type
  std::string_view message_id;         // comes back with every status
  std::string_view to, text, content, reply_to_provider_id;
  bool in_group = false;
  std::vector<std::string_view> phones, bsuids;  // other identities of the contact
};
// Views into `outbound`.
Letter letter_of(const Outbound& outbound);

// GARDU_INVALID: against a limit of Meta's, or something is missing; GARDU_UNSUPPORTED: not a type
// that can be sent.
Result<std::string> build_body(const Letter& letter);

}  // namespace gardu::meta_cloud
