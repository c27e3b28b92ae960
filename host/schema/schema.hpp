// SPDX-License-Identifier: Apache-2.0
//
// JSON Schema, as far as configurations use it: type, properties, patternProperties, required,
// additionalProperties, items, enum, const, minimum, maximum, minLength, maxLength, pattern,
// minItems, maxItems, default, anyOf, $ref to "#/$defs/…"; "writeOnly" marks secrets, and the
// format "byte-size" takes integers and texts like "16MiB". Other keywords are for people.
// Immutable after compile; use from any thread.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gardu/result.hpp>
#include <nlohmann/json_fwd.hpp>

namespace gardu::host {

struct SchemaProblem {
  std::string path;  // dotted, e.g. "apps[0].key"; empty: the whole
  std::string message;
};

class Schema {
 public:
  static Result<Schema> compile(std::string_view text);

  // Every problem at once; an unknown key is told with the nearest known one.
  std::vector<SchemaProblem> validate(const nlohmann::json& value) const;
  // The value with the defaults of absent properties filled in.
  nlohmann::json with_defaults(nlohmann::json value) const;
  // The value with secrets (writeOnly, not empty) replaced by "********".
  nlohmann::json masked(nlohmann::json value) const;

  const nlohmann::json& root() const { return *root_; }

 private:
  explicit Schema(std::shared_ptr<const nlohmann::json> root) : root_(std::move(root)) {}
  std::shared_ptr<const nlohmann::json> root_;
};

// "16MiB", "64KiB", "2GiB", "100B" or digits → bytes.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);
// The candidate that is nearest to the word, if any is near enough to be meant.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace gardu::host
