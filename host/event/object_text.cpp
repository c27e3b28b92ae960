// SPDX-License-Identifier: Apache-2.0
#include "event/object_text.hpp"

#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "base/utf8.hpp"
#include "event/object_fields.hpp"

namespace gardu::host {
namespace {

std::string dumped(const nlohmann::json& j) {
  return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_quoted(std::string& out, std::string_view text) {
  if (!valid_utf8(text)) {
    out += dumped(nlohmann::json(text));  // it knows how to replace what is no text
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(done, i - done);
    done = i + 1;
    if (c == '\n') {
      out += "\\n";
    } else if (c >= 0x20) {
      out += '\\';
      out += text[i];
    } else {
      out += "\\u00";
      out += kHex[c >> 4U];
      out += kHex[c & 15U];
    }
  }
  out += text.substr(done);
  out += '"';
}

// The text of one object.
class TextSink {
 public:
  explicit TextSink(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += '}'; }

  void text(std::string_view key, std::string_view value) {
    name(key);
    append_quoted(out_, value);
  }
  void maybe_text(std::string_view key, const std::optional<std::string>& value) {
    name(key);
    if (value) {
      append_quoted(out_, *value);
    } else {
      out_ += "null";
    }
  }
  void flag(std::string_view key, bool value) {
    name(key);
    out_ += value ? "true" : "false";
  }
  void number(std::string_view key, std::int64_t value) {
    name(key);
    out_ += std::to_string(value);
  }
  void time(std::string_view key, const std::optional<std::int64_t>& at) {
    name(key);
    out_ += at ? "\"" + rfc3339_ms(*at) + "\"" : "null";
  }
  void value(std::string_view key, const nlohmann::json& value) {
    name(key);
    out_ += dumped(value);
  }
  // What is JSON already, and on one line, stays as it is.
  void json_text(std::string_view key, const std::optional<std::string>& text,
                 std::string_view otherwise) {
    name(key);
    if (!text || text->empty() || *text == otherwise || !nlohmann::json::accept(*text)) {
      out_ += otherwise;
    } else if (text->find_first_of("\r\n") == std::string::npos) {
      out_ += *text;
    } else {
      out_ += dumped(nlohmann::json::parse(*text));
    }
  }
  template <class F>
  void object(std::string_view key, F&& fill) {
    name(key);
    TextSink inner(out_);
    fill(inner);
    inner.end();
  }
  template <class List, class F>
  void list(std::string_view key, const List& elements, F&& fill) {
    name(key);
    out_ += '[';
    bool first = true;
    for (const auto& element : elements) {
      if (!first) out_ += ',';
      first = false;
      TextSink inner(out_);
      fill(inner, element);
      inner.end();
    }
    out_ += ']';
  }

 private:
  void name(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace

std::string message_text(const storage::Message& m) {
  std::string out;
  out.reserve(1024);
  TextSink sink(out);
  put_message(sink, m);
  sink.end();
  return out;
}

std::string contact_text(const storage::Contact& c) {
  std::string out;
  out.reserve(768);
  TextSink sink(out);
  put_contact(sink, c);
  sink.end();
  return out;
}

}  // namespace gardu::host
