// SPDX-License-Identifier: Apache-2.0
// Header list, the usual answers and the status phrases.
#include "http/message.hpp"

#include <algorithm>
#include <array>

namespace gardu::host::http {
namespace {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Problem documents are flat objects of strings, so the text is put together here and the message
// types need no JSON library.
void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      out += c;
    }
  }
  out += '"';
}

struct Phrase {
  int status;
  std::string_view text;
};

constexpr std::array kPhrases{
    Phrase{100, "Continue"},
    Phrase{101, "Switching Protocols"},
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{206, "Partial Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{302, "Found"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{307, "Temporary Redirect"},
    Phrase{308, "Permanent Redirect"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{402, "Payment Required"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{411, "Length Required"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{416, "Range Not Satisfiable"},
    Phrase{417, "Expectation Failed"},
    Phrase{421, "Misdirected Request"},
    Phrase{422, "Unprocessable Content"},
    Phrase{426, "Upgrade Required"},
    Phrase{428, "Precondition Required"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
};

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

std::string_view Headers::get(std::string_view name) const {
  return find(name).value_or(std::string_view());
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& header : list_) {
    if (equals_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& header : list_) {
    if (equals_ignoring_case(header.name, name)) values.emplace_back(header.value);
  }
  return values;
}

std::size_t Headers::count(std::string_view name) const { return all(name).size(); }

void Headers::set(std::string_view name, std::string_view value) {
  const std::string kept(value);  // the value may be a view into this list
  remove(name);
  add(name, kept);
}

void Headers::add(std::string_view name, std::string_view value) {
  list_.push_back({std::string(name), std::string(value)});
}

std::size_t Headers::remove(std::string_view name) {
  return std::erase_if(
      list_, [name](const Header& header) { return equals_ignoring_case(header.name, name); });
}

Response Response::bytes(int status, std::string_view content_type, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

Response Response::json(int status, std::string body) {
  return bytes(status, "application/json", std::move(body));
}

Response Response::text(int status, std::string body) {
  return bytes(status, "text/plain; charset=utf-8", std::move(body));
}

Response Response::html(int status, std::string body) {
  return bytes(status, "text/html; charset=utf-8", std::move(body));
}

Response Response::empty(int status) {
  Response response;
  response.status = status;
  return response;
}

Response Response::redirect(int status, std::string_view location) {
  Response response = empty(status);
  response.headers.add("Location", location);
  return response;
}

Response Response::problem(int status, std::string_view detail, std::string_view request_id) {
  std::string body = R"({"type":"about:blank","title":)";
  append_json_string(body, reason_phrase(status));
  body += ",\"status\":" + std::to_string(status);
  if (!detail.empty()) {
    body += ",\"detail\":";
    append_json_string(body, detail);
  }
  if (!request_id.empty()) {
    body += ",\"instance\":";
    append_json_string(body, request_id);
  }
  body += '}';
  return bytes(status, "application/problem+json", std::move(body));
}

std::string_view reason_phrase(int status) {
  const auto* found = std::find_if(kPhrases.begin(), kPhrases.end(),
                                   [status](const Phrase& p) { return p.status == status; });
  return found == kPhrases.end() ? "Unknown" : found->text;
}

}  // namespace gardu::host::http
