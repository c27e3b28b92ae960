// SPDX-License-Identifier: Apache-2.0
//
// Goes through a JSON text (RFC 8259, strictly) from front to back, and builds nothing: for the
// small messages that come by the thousand, where a tree of values costs more than all the rest.
// The text must outlive the reader. After the first failure every answer is a failure.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace gardu::pusher {

class JsonReader {
 public:
  enum class Kind { object, list, text, null, other, none };  // none: no value begins here

  // Values nested deeper than `depth` are a failure. The text must be valid UTF-8.
  explicit JsonReader(std::string_view text, int depth = 64) noexcept;

  Kind kind() const noexcept;  // of the value that comes next

  // Each reads one value and what blank follows it. False: it is none, or not of that kind.
  bool text(std::string& out);  // without quotes and escapes
  bool skip() { return value(nullptr); }
  // The value as it is written, but without blanks.
  bool compact(std::string& out);
  // Calls member(std::string_view name) -> bool, which reads the value; false ends it.
  template <class F>
  bool object(F&& member) {
    if (!open('{')) return false;
    if (close('}')) return true;
    std::string name;
    do {
      if (!text(name) || !take(':') || !member(std::string_view(name))) return fail();
    } while (take(','));
    return close('}') || fail();
  }
  // Calls element() -> bool likewise.
  template <class F>
  bool list(F&& element) {
    if (!open('[')) return false;
    if (close(']')) return true;
    do {
      if (!element()) return fail();
    } while (take(','));
    return close(']') || fail();
  }

  bool at_end() const noexcept { return !failed_ && at_ == text_.size(); }

 private:
  bool fail() noexcept;
  void blanks() noexcept;
  bool take(char c) noexcept;
  bool open(char c) noexcept;
  bool close(char c) noexcept;
  bool value(std::string* out);
  bool members(std::string* out);
  bool string(std::string* out, bool verbatim);
  bool escape(std::string* out);
  bool code_unit(unsigned& out) noexcept;
  bool number(std::string* out);
  bool word(std::string* out);

  std::string_view text_;
  size_t at_ = 0;
  size_t skipped_ = 0;  // blanks
  int depth_;
  bool failed_ = false;
};

}  // namespace gardu::pusher
