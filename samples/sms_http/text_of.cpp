// SPDX-License-Identifier: Apache-2.0
#include "text_of.hpp"

#include <nlohmann/json.hpp>

namespace sms_http {

std::string text_of(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace sms_http
