// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/call.hpp"
#include "base/time.hpp"

namespace gardu::host {

using nlohmann::json;

Fields::Fields(const json& object) : object_(object) {}

void Fields::only(const std::vector<std::string>& names) {
  for (const auto& [key, value] : object_.items())
    if (std::find(names.begin(), names.end(), key) == names.end()) wrong(key, "is not known here");
}

bool Fields::has(const char* name) const {
  const auto it = object_.find(name);
  return it != object_.end() && !it->is_null();
}

bool Fields::is_null(const char* name) const {
  const auto it = object_.find(name);
  return it != object_.end() && it->is_null();
}

void Fields::wrong(const std::string& field, const std::string& message) {
  errors_.push_back({field, message});
}

void Fields::done() const {
  if (!errors_.empty()) throw ApiError::fields(errors_);
}

std::optional<std::string> Fields::text(const char* name, std::size_t longest, bool required) {
  if (!has(name)) {
    if (required) wrong(name, "is required");
    return std::nullopt;
  }
  const json& v = object_[name];
  if (!v.is_string()) {
    wrong(name, "must be a string");
    return std::nullopt;
  }
  auto s = v.get<std::string>();
  if (required && s.empty()) wrong(name, "must not be empty");
  if (s.size() > longest) wrong(name, "is longer than " + std::to_string(longest) + " bytes");
  return s;
}

std::optional<std::int64_t> Fields::integer(const char* name, std::int64_t least,
                                            std::int64_t most) {
  if (!has(name)) return std::nullopt;
  const json& v = object_[name];
  // An unsigned value past the signed range would turn negative.
  const bool fits =
      v.is_number_integer() &&
      (!v.is_number_unsigned() || v.get<std::uint64_t>() <= static_cast<std::uint64_t>(most));
  if (!fits || v.get<std::int64_t>() < least || v.get<std::int64_t>() > most) {
    wrong(name, "must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return v.get<std::int64_t>();
}

std::optional<bool> Fields::flag(const char* name) {
  if (!has(name)) return std::nullopt;
  if (!object_[name].is_boolean()) {
    wrong(name, "must be true or false");
    return std::nullopt;
  }
  return object_[name].get<bool>();
}

std::optional<std::int64_t> Fields::time(const char* name) {
  const auto value = text(name, 40);
  if (!value) return std::nullopt;
  const auto at = parse_rfc3339(*value);
  if (!at) wrong(name, "must be a time as RFC 3339 writes it");
  return at;
}

std::optional<std::string> Fields::object(const char* name) {
  if (!has(name)) return std::nullopt;
  if (!object_[name].is_object()) {
    wrong(name, "must be an object");
    return std::nullopt;
  }
  return object_[name].dump();
}

std::optional<std::string> Fields::strings(const char* name) {
  if (!has(name)) return std::nullopt;
  const json& v = object_[name];
  if (!v.is_array() ||
      !std::all_of(v.begin(), v.end(), [](const json& e) { return e.is_string(); })) {
    wrong(name, "must be a list of strings");
    return std::nullopt;
  }
  return v.dump();
}

std::optional<std::string> Fields::one_of(const char* name, const std::vector<std::string>& words) {
  const auto value = text(name, 40);
  if (!value) return std::nullopt;
  if (std::find(words.begin(), words.end(), *value) == words.end()) {
    std::string list;
    for (const auto& w : words) list += (list.empty() ? "" : ", ") + w;
    wrong(name, "must be one of " + list);
    return std::nullopt;
  }
  return value;
}

}  // namespace gardu::host
