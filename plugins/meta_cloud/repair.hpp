// SPDX-License-Identifier: Apache-2.0
//
// JSON text that a strict parser refuses as a whole for one bad character in it. One such message
// must not cost the others of its webhook, so the bad characters are replaced by a mark.
#pragma once
#include <string>
#include <string_view>

namespace gardu::meta_cloud {

// `json` with kBadText for each ill-formed UTF-8 byte, each raw control character in a string, each
// escape of half a surrogate pair, and each number beyond all bounds.
std::string repair(std::string_view json);

// How deep its brackets nest.
int nesting_of(std::string_view json) noexcept;

// The length of the well-formed UTF-8 character at the front; 0 when there is none.
size_t utf8_length(std::string_view s) noexcept;

}  // namespace gardu::meta_cloud
