// SPDX-License-Identifier: Apache-2.0
//
// What a message says, by its type: text, content and metadata of the gateway's message.
#pragma once
#include <gardu/publication.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "json.hpp"

namespace gardu::meta_cloud {

// Fills type, text and content from `element` by its "type". False: not a type that the gateway
// knows, or not of the form that this type has; `message` may be half filled then.
bool read_content(const Json& element, InboundMessage& message);

// Text of an edited message, or its caption. Empty optional: not of a known form.
std::optional<std::string> read_edited_text(const Json* message);

// referral, referred product, and how often it was forwarded; "" when there is none of them.
std::string read_metadata(const Json& element);

}  // namespace gardu::meta_cloud
