// SPDX-License-Identifier: Apache-2.0
//
// Text as plugins hand it over: whether an engine can keep it, and bytes that it cannot, as base64.
#pragma once
#include <string>
#include <string_view>

namespace gardu::storage {

// Valid UTF-8 without zeros: the only text that every engine takes.
bool is_plain_text(std::string_view text);
// As much of it, from its beginning, as is plain text.
std::string_view plain_beginning(std::string_view text);
// ^[a-z][a-z0-9_]*$, at most 63 characters.
bool is_plugin_id(std::string_view id);

std::string base64_of(std::string_view bytes);
// Of what base64_of made.
std::string bytes_of_base64(std::string_view text);

}  // namespace gardu::storage
