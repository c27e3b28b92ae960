// SPDX-License-Identifier: Apache-2.0
//
// What goes wrong in a database. The text names the file and the cause, never a bound value.
#pragma once
#include <stdexcept>
#include <string>

namespace gardu::storage {

enum class ErrorKind {
  busy,
  unavailable,
  constraint,
  corrupt,
  full,
  read_only,
  newer_schema,
  invalid,  // a plugin's statement or value that is not allowed
  timeout,
  other
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& text, bool duplicate = false)
      : std::runtime_error(text), kind_(kind), duplicate_(duplicate) {}
  ErrorKind kind() const noexcept { return kind_; }
  // Of a constraint: something unique exists already (not a missing reference, say).
  bool duplicate() const noexcept { return duplicate_; }

 private:
  ErrorKind kind_;
  bool duplicate_;
};

}  // namespace gardu::storage
