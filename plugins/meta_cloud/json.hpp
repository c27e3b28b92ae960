// SPDX-License-Identifier: Apache-2.0
//
// Lenient reading of other people's JSON: nothing here throws on a missing member or a wrong type.
#pragma once
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace gardu::meta_cloud {

using Json = nlohmann::json;

// A JSON text nested deeper than this is cut there: walking it recursively would cost the stack.
inline constexpr int kMaxDepth = 100;

// Stands for what was no text in a repaired document: a noncharacter, never sent by people.
inline constexpr std::string_view kBadText = "\xEF\xB7\x90";  // U+FDD0

struct Document {
  // `value` is on the heap so that this header needs no complete type.
  std::shared_ptr<const Json> value;
  bool cut = false;  // something deeper than kMaxDepth was left out
};
// Empty when it is no JSON even after repair (see repair.hpp).
std::optional<Document> parse_document(std::string_view text);

// Null when `object` is no object or has no such member.
const Json* member(const Json* object, std::string_view key);
const Json* member(const Json& object, std::string_view key);

// The text, or empty when it is none.
std::string text_of(const Json* value);
// A text, or an integer's digits: providers write ids both ways.
std::string id_of(const Json* value);
bool is_true(const Json* value);
// Unix seconds, or milliseconds from 1e12 on, as text or number: in microseconds. 0: unusable.
int64_t micros_of(const Json* value);

// One line of JSON; what was repaired reads U+FFFD.
std::string dump(const Json& value);

// No text in it (keys included) has a NUL or was repaired.
bool is_clean(const Json& value);
int depth_of(const Json& value);

}  // namespace gardu::meta_cloud
