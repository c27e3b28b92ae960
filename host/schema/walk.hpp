// SPDX-License-Identifier: Apache-2.0
// Finding one's way in a schema.
#pragma once
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

namespace gardu::host {

// Follows "$ref": "#/…" (a few steps; a broken one gives null, which allows everything).
inline const nlohmann::json& resolve(const nlohmann::json& root, const nlohmann::json& schema) {
  const nlohmann::json* s = &schema;
  for (int steps = 0; steps < 8 && s->is_object() && s->contains("$ref"); ++steps) {
    const std::string ref = s->value("$ref", "");
    const nlohmann::json::json_pointer at(ref.substr(ref.empty() ? 0 : 1));
    static const nlohmann::json kNone;
    s = root.contains(at) ? &root[at] : &kNone;
  }
  return *s;
}

// The schema of an object's member; null: the schema does not name it.
inline const nlohmann::json* property_schema(const nlohmann::json& root,
                                             const nlohmann::json& given, const std::string& key) {
  const nlohmann::json& s = resolve(root, given);
  if (!s.is_object()) return nullptr;
  if (const auto p = s.find("properties"); p != s.end())
    if (const auto it = p->find(key); it != p->end()) return &*it;
  if (const auto p = s.find("patternProperties"); p != s.end())
    for (const auto& [pattern, sub] : p->items())
      if (std::regex_search(key, std::regex(pattern))) return &sub;
  if (const auto more = s.find("additionalProperties"); more != s.end() && more->is_object())
    return &*more;
  return nullptr;
}

inline std::vector<std::string> property_names(const nlohmann::json& root,
                                               const nlohmann::json& given) {
  std::vector<std::string> names;
  const nlohmann::json& s = resolve(root, given);
  if (s.is_object())
    if (const auto p = s.find("properties"); p != s.end())
      for (const auto& [name, sub] : p->items()) names.push_back(name);
  return names;
}

}  // namespace gardu::host
