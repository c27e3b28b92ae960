// SPDX-License-Identifier: Apache-2.0
//
// The grammar of RFC 8259.
#include "protocol/json_reader.hpp"

#include <algorithm>
#include <array>

#include "protocol/bytes.hpp"

namespace gardu::pusher {
namespace {

constexpr size_t kRoom = 512;  // made at once for a text that is put together piece by piece

bool blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, unsigned c) {
  const auto tail = [&out](unsigned bits) {
    out.push_back(static_cast<char>(0x80U | (bits & 63U)));
  };
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (c >> 6U)));
    tail(c);
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0U | (c >> 12U)));
    tail(c >> 6U);
    tail(c);
  } else {
    out.push_back(static_cast<char>(0xF0U | (c >> 18U)));
    tail(c >> 12U);
    tail(c >> 6U);
    tail(c);
  }
}

// What a letter behind a backslash stands for, or 0.
char unescaped(char c) noexcept {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

JsonReader::JsonReader(std::string_view text, int depth) noexcept : text_(text), depth_(depth) {
  blanks();
}

bool JsonReader::fail() noexcept {
  failed_ = true;
  return false;
}

void JsonReader::blanks() noexcept {
  const size_t began = at_;
  while (at_ < text_.size() && blank(text_[at_])) ++at_;
  skipped_ += at_ - began;
}

bool JsonReader::take(char c) noexcept {
  if (failed_ || at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  blanks();
  return true;
}

bool JsonReader::open(char c) noexcept {
  if (!take(c)) return false;
  return --depth_ >= 0 || fail();
}

bool JsonReader::close(char c) noexcept {
  if (!take(c)) return false;
  ++depth_;
  return true;
}

JsonReader::Kind JsonReader::kind() const noexcept {
  if (failed_ || at_ == text_.size()) return Kind::none;
  switch (const char c = text_[at_]) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::list;
    case '"':
      return Kind::text;
    case 'n':
      return Kind::null;
    default:
      return c == 't' || c == 'f' || c == '-' || digit(c) ? Kind::other : Kind::none;
  }
}

bool JsonReader::text(std::string& out) {
  out.clear();
  return kind() == Kind::text && string(&out, false);
}

bool JsonReader::compact(std::string& out) {
  out.clear();
  const JsonReader began = *this;
  if (!value(nullptr)) return false;
  std::string_view written = text_.substr(began.at_, at_ - began.at_);
  size_t blanks = skipped_ - began.skipped_;
  for (; blank(written.back()); --blanks) written.remove_suffix(1);
  if (blanks == 0) {  // as programs write it
    out.assign(written);
    return true;
  }
  JsonReader again = began;
  return again.value(&out);
}

bool JsonReader::value(std::string* out) {
  switch (kind()) {
    case Kind::object:
    case Kind::list:
      return members(out);
    case Kind::text:
      return string(out, true);
    case Kind::null:
      return word(out);
    case Kind::other:
      return digit(text_[at_]) || text_[at_] == '-' ? number(out) : word(out);
    case Kind::none:
      break;
  }
  return fail();
}

bool JsonReader::members(std::string* out) {
  const bool named = text_[at_] == '{';
  const char last = named ? '}' : ']';
  const auto keep = [out](char c) {
    if (out != nullptr) out->push_back(c);
  };
  keep(text_[at_]);
  if (!open(text_[at_])) return false;
  bool more = !close(last);
  while (more) {
    if (named) {
      if (kind() != Kind::text || !string(out, true) || !take(':')) return fail();
      keep(':');
    }
    if (!value(out)) return fail();
    more = take(',');
    if (more) keep(',');
    if (!more && !close(last)) return fail();
  }
  keep(last);
  return true;
}

bool JsonReader::string(std::string* out, bool verbatim) {
  const size_t began = at_++;
  while (true) {
    const size_t plain = at_;
    at_ += bytes::plain_json(text_, at_);
    if (at_ == text_.size() || static_cast<unsigned char>(text_[at_]) < 0x20) return fail();
    if (!verbatim) out->append(text_, plain, at_ - plain);
    if (text_[at_++] == '"') break;
    if (!verbatim && out->capacity() < kRoom) out->reserve(std::min(kRoom, text_.size() - plain));
    if (!escape(verbatim ? nullptr : out)) return fail();
  }
  if (verbatim && out != nullptr) out->append(text_, began, at_ - began);
  blanks();
  return true;
}

bool JsonReader::escape(std::string* out) {
  if (at_ == text_.size()) return false;
  const char letter = text_[at_++];
  if (letter != 'u') {
    const char c = unescaped(letter);
    if (c != 0 && out != nullptr) out->push_back(c);
    return c != 0;
  }
  unsigned c = 0, low = 0;
  if (!code_unit(c) || (c >= 0xDC00 && c < 0xE000)) return false;
  if (c >= 0xD800 && c < 0xDC00) {  // half of a character: the other half must follow
    if (text_.substr(at_, 2) != "\\u") return false;
    at_ += 2;
    if (!code_unit(low) || low < 0xDC00 || low >= 0xE000) return false;
    c = 0x10000 + ((c - 0xD800) << 10U) + (low - 0xDC00);
  }
  if (out != nullptr) append_utf8(*out, c);
  return true;
}

bool JsonReader::code_unit(unsigned& out) noexcept {
  if (text_.size() - at_ < 4) return false;
  out = 0;
  for (const char c : text_.substr(at_, 4)) {
    const auto letter = static_cast<unsigned>(c | 32) - 'a';
    if (!digit(c) && letter > 5) return false;
    out = out * 16 + (digit(c) ? static_cast<unsigned>(c - '0') : letter + 10);
  }
  at_ += 4;
  return true;
}

bool JsonReader::number(std::string* out) {
  const size_t began = at_;
  const auto is = [this](char c) { return at_ < text_.size() && text_[at_] == c; };
  const auto digits = [this] {
    const size_t first = at_;
    while (at_ < text_.size() && digit(text_[at_])) ++at_;
    return at_ != first;
  };
  if (is('-')) ++at_;
  if (is('0'))
    ++at_;
  else if (!digits())
    return fail();
  if (is('.') && (++at_, !digits())) return fail();
  if (is('e') || is('E')) {
    ++at_;
    if (is('+') || is('-')) ++at_;
    if (!digits()) return fail();
  }
  if (out != nullptr) out->append(text_, began, at_ - began);
  blanks();
  return true;
}

bool JsonReader::word(std::string* out) {
  static constexpr std::array<std::string_view, 3> kWords{"true", "false", "null"};
  for (const std::string_view known : kWords) {
    if (!text_.substr(at_).starts_with(known)) continue;
    at_ += known.size();
    if (out != nullptr) *out += known;
    blanks();
    return true;
  }
  return fail();
}

}  // namespace gardu::pusher
