// SPDX-License-Identifier: Apache-2.0
// Status line and header fields.
#include "http/detail/response_head.hpp"

#include <algorithm>
#include <array>

#include "http/detail/request_id.hpp"

namespace gardu::host::http::detail {
namespace {

void append_two_digits(std::string& out, int value) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

// IMF-fixdate (RFC 9110 5.6.7), independent of the locale.
void append_date(std::string& out, std::time_t now) {
  static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                         "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&now, &utc);
  out += kDays[static_cast<std::size_t>(utc.tm_wday)];
  out += ", ";
  append_two_digits(out, utc.tm_mday);
  out += ' ';
  out += kMonths[static_cast<std::size_t>(utc.tm_mon)];
  out += ' ' + std::to_string(utc.tm_year + 1900) + ' ';
  append_two_digits(out, utc.tm_hour);
  out += ':';
  append_two_digits(out, utc.tm_min);
  out += ':';
  append_two_digits(out, utc.tm_sec);
  out += " GMT";
}

bool is_safe_field(const Header& header) {
  return is_token(header.name) && std::all_of(header.value.begin(), header.value.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
         });
}

bool is_ours(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kNames{
      "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "X-Request-Id"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view own) { return equals_ignoring_case(own, name); });
}

void append_framing(std::string& out, const Response& response, const ResponseFrame& frame) {
  if (has_no_body(response.status)) return;
  if (frame.streamed) {
    if (frame.http_1_1) out += "Transfer-Encoding: chunked\r\n";
    return;
  }
  std::string length = std::to_string(response.body.size());
  if (frame.head_request && response.body.empty()) {
    const auto given = response.headers.get("Content-Length");
    const bool number = !given.empty() && given.find_first_not_of("0123456789") == given.npos;
    if (number) length = given;
  }
  out += "Content-Length: " + length + "\r\n";
}

}  // namespace

bool is_final_status(int status) { return status >= 200 && status <= 599; }

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

std::string response_head(const Response& response, const ResponseFrame& frame, std::time_t now) {
  std::string out;
  out.reserve(256);
  out += "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  for (const auto& header : response.headers) {
    if (is_ours(header.name) || !is_safe_field(header)) continue;
    out += header.name;
    out += ": ";
    out += header.value;
    out += "\r\n";
  }
  append_framing(out, response, frame);
  if (!response.headers.has("Date")) {
    out += "Date: ";
    append_date(out, now);
    out += "\r\n";
  }
  out += "X-Request-Id: ";
  out += frame.request_id;
  out += "\r\n";
  if (!frame.keep_alive) {
    out += "Connection: close\r\n";
  } else if (!frame.http_1_1) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return out;
}

}  // namespace gardu::host::http::detail
