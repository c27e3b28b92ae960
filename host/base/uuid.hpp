// SPDX-License-Identifier: Apache-2.0
// UUIDv7: 48 bits of milliseconds, then random; increasing within a thread.
#pragma once
#include <string>
#include <string_view>

namespace gardu::host {

std::string uuid_v7();  // 36 characters, lower case
bool is_uuid(std::string_view text);

}  // namespace gardu::host
