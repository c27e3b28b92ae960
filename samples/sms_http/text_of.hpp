// SPDX-License-Identifier: Apache-2.0
//
// Reading JSON that a stranger wrote.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace sms_http {

// The text of a member; empty when it is absent or no text, or when this is no object at all.
std::string text_of(const nlohmann::json& object, const char* name);

}  // namespace sms_http
