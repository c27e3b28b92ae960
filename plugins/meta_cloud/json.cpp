// SPDX-License-Identifier: Apache-2.0
//
// Lenient reading of JSON.
#include "json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "repair.hpp"

namespace gardu::meta_cloud {
namespace {

std::shared_ptr<const Json> parse_once(std::string_view text, bool deep) {
  Json value;
  if (deep) {
    const auto shallow = [](int depth, Json::parse_event_t event, Json&) {
      using Event = Json::parse_event_t;
      return (event != Event::object_start && event != Event::array_start) || depth < kMaxDepth;
    };
    value = Json::parse(text.begin(), text.end(), shallow, false);
  } else {
    value = Json::parse(text.begin(), text.end(), nullptr, false);
  }
  if (value.is_discarded()) return nullptr;
  return std::make_shared<const Json>(std::move(value));
}

bool clean_text(const std::string& s) {
  return s.find('\0') == std::string::npos && s.find(kBadText) == std::string::npos;
}

int64_t micros_from_number(double n) {
  if (!std::isfinite(n) || n <= 0) return 0;
  const double micros = n >= 1e12 ? n * 1e3 : n * 1e6;
  return micros < 9e18 ? static_cast<int64_t>(micros) : 0;
}

}  // namespace

std::optional<Document> parse_document(std::string_view text) {
  const bool deep = nesting_of(text) > kMaxDepth;
  auto value = parse_once(text, deep);
  if (value == nullptr) value = parse_once(repair(text), deep);
  if (value == nullptr) return std::nullopt;
  return Document{std::move(value), deep};
}

const Json* member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}
const Json* member(const Json* object, std::string_view key) {
  return object == nullptr ? nullptr : member(*object, key);
}

std::string text_of(const Json* value) {
  if (value == nullptr || !value->is_string()) return {};
  return value->get_ref<const std::string&>();
}

std::string id_of(const Json* value) {
  if (value != nullptr && value->is_number_integer()) return value->dump();
  return text_of(value);
}

bool is_true(const Json* value) {
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

int64_t micros_of(const Json* value) {
  if (value == nullptr) return 0;
  if (value->is_number()) return micros_from_number(value->get<double>());
  const std::string text = text_of(value);
  if (text.empty() || text.size() > 18) return 0;
  double n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() ? micros_from_number(n) : 0;
}

std::string dump(const Json& value) {
  std::string out = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (size_t at = out.find(kBadText); at != std::string::npos; at = out.find(kBadText, at + 3))
    out.replace(at, kBadText.size(), "\xEF\xBF\xBD");
  return out;
}

bool is_clean(const Json& value) {
  if (value.is_string()) return clean_text(value.get_ref<const std::string&>());
  if (value.is_array())
    return std::all_of(value.begin(), value.end(), [](const Json& v) { return is_clean(v); });
  if (value.is_object()) {
    for (const auto& [key, v] : value.items())
      if (!clean_text(key) || !is_clean(v)) return false;
  }
  return true;
}

int depth_of(const Json& value) {
  if (!value.is_structured()) return 0;
  int deepest = 0;
  for (const Json& v : value) deepest = std::max(deepest, depth_of(v));
  return deepest + 1;
}

}  // namespace gardu::meta_cloud
