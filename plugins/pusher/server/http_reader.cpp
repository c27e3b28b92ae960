// SPDX-License-Identifier: Apache-2.0
//
// A strict reader of RFC 9112: what two readers could understand differently is refused.
#include "server/http_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/bytes.hpp"

namespace gardu::pusher {
namespace {

constexpr size_t kHeadLimit = 16384;
constexpr size_t kChunkOverhead = 8;
constexpr size_t kChunkLineLimit = 1024;  // size and extensions of a chunk, or one trailer field

// Characters of a token (RFC 9110 section 5.6.2), and those that a target may have.
constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> out{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "abcdefghijklmnopqrstuvwxyz"))
    out[static_cast<unsigned char>(c)] = true;
  return out;
}();

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// `name` is in lower case.
bool same(std::string_view text, std::string_view name) {
  return text.size() == name.size() &&
         std::ranges::equal(text, name, [](char a, char b) { return lower(a) == b; });
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The line that begins at `at`, without its end, which `next` is behind. False: it is not there
// whole. A line feed alone ends none: `bare` then.
bool take_line(std::string_view data, size_t at, std::string_view& line, size_t& next, bool& bare) {
  const size_t end = data.find('\n', at);
  if (end == std::string_view::npos) return false;
  bare = end == at || data[end - 1] != '\r';
  line = data.substr(at, end - at - (bare ? 0 : 1));
  next = end + 1;
  return true;
}

}  // namespace

void HttpReader::reset() noexcept { *this = HttpReader(limit_); }

bool HttpReader::wants_continue() {
  return expects_ && head_ != 0 && !std::exchange(continued_, true);
}

HttpReader::State HttpReader::feed(std::string_view data, size_t& used) {
  used = 0;
  // A blank line before a request is tolerated, as RFC 9112 section 2.2 asks.
  while (used < data.size() && head_ == 0 && (data[used] == '\r' || data[used] == '\n')) ++used;
  data.remove_prefix(used);
  // What came in pieces is read again: the views must be into these bytes.
  const bool continued = continued_;
  const size_t at = at_;
  std::string body = std::move(body_);
  reset();
  continued_ = continued;
  if (const State state = read_head(data); state != State::complete) return state;
  if (chunked_) {
    at_ = at == 0 ? head_ : at;
    body_ = std::move(body);
    if (const State state = read_chunks(data); state != State::complete) return state;
    request_.body = body_;
    used += at_;
    return State::complete;
  }
  if (length_ > limit_) return State::body_too_large;
  if (data.size() - head_ < length_) return State::need_more;
  request_.body = data.substr(head_, static_cast<size_t>(length_));
  used += head_ + static_cast<size_t>(length_);
  return State::complete;
}

// No end of the head yet: there may be one, or not any more.
HttpReader::State HttpReader::too_short(std::string_view data) {
  if (!data.empty() && !is_token(data.substr(0, 1))) return State::malformed;  // TLS, for one
  return data.size() >= kHeadLimit ? State::head_too_large : State::need_more;
}

HttpReader::State HttpReader::read_head(std::string_view data) {
  size_t at = 0;
  std::string_view line;
  while (true) {
    bool bare = false;
    const bool first = at == 0;
    if (!take_line(data.substr(0, kHeadLimit), at, line, at, bare)) return too_short(data);
    if (bare) return State::malformed;
    if (line.empty()) break;
    const State state = first ? read_line(line) : read_field(line);
    if (state != State::complete) return state;
  }
  // Two lengths of one body are an attack; a coding that HTTP/1.0 has not is none of ours.
  if (coded_ && (!chunked_ || has_length_ || !request_.http11)) return State::malformed;
  request_.keep_alive = !closes_ && (request_.http11 || stays_);
  request_.upgrade = upgrade_named_ && websocket_named_;
  head_ = at;
  return State::complete;
}

HttpReader::State HttpReader::read_line(std::string_view line) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return State::malformed;
  request_.method = line.substr(0, first);
  request_.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return State::malformed;
  request_.http11 = version == "HTTP/1.1";
  const bool sound = is_token(request_.method) && !request_.target.empty() &&
                     request_.target.find(' ') == std::string_view::npos &&
                     !bytes::has_control(request_.target, true);
  return sound ? State::complete : State::malformed;
}

HttpReader::State HttpReader::read_field(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return State::malformed;
  const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
  if (!is_token(name) || bytes::has_control(value, false)) return State::malformed;
  switch (name.size()) {
    case 6:
      if (same(name, "origin")) request_.origin = value;
      if (same(name, "expect")) expects_ = same(value, "100-continue");
      break;
    case 7:
      if (same(name, "upgrade")) websocket_named_ = same(value, "websocket");
      break;
    case 10:
      if (same(name, "connection")) read_connection(value);
      break;
    case 14:
      if (same(name, "content-length")) return set_length(value);
      break;
    case 17:
      if (same(name, "sec-websocket-key")) request_.websocket_key = value;
      if (same(name, "transfer-encoding")) {
        chunked_ = !coded_ && same(value, "chunked");
        coded_ = true;
      }
      break;
    case 21:
      if (same(name, "sec-websocket-version")) request_.websocket_version = value;
      break;
    default:
      break;
  }
  return State::complete;
}

HttpReader::State HttpReader::set_length(std::string_view value) {
  uint64_t length = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (problem != std::errc{} || end != value.data() + value.size()) return State::malformed;
  if (has_length_ && length != length_) return State::malformed;
  has_length_ = true;
  length_ = length;
  return State::complete;
}

void HttpReader::read_connection(std::string_view value) {
  while (!value.empty()) {
    const size_t end = std::min(value.find(','), value.size());
    const std::string_view option = trimmed(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
    closes_ |= same(option, "close");
    stays_ |= same(option, "keep-alive");
    upgrade_named_ |= same(option, "upgrade");
  }
}

HttpReader::State HttpReader::read_chunks(std::string_view data) {
  while (true) {
    std::string_view line;
    size_t next = 0;
    bool bare = false;
    if (!take_line(data, at_, line, next, bare))
      return data.size() - at_ > kChunkLineLimit ? State::malformed : State::need_more;
    uint64_t size = 0;
    const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    const std::string_view more = line.substr(static_cast<size_t>(end - line.data()));
    if (bare || problem != std::errc{} || bytes::has_control(more, false) ||
        (!more.empty() && trimmed(more).find(';') != 0))
      return State::malformed;
    if (line.size() > kChunkLineLimit) return State::malformed;
    if (size > limit_ || body_.size() + size > limit_) return State::body_too_large;
    // What the chunks say beside their data counts, too: all of it is kept until the end.
    if (at_ - head_ > kChunkOverhead * limit_) return State::body_too_large;
    if (size == 0) return read_trailer(data, next);
    if (data.size() - next < size + 2) return State::need_more;
    const auto length = static_cast<size_t>(size);
    if (data.substr(next + length, 2) != "\r\n") return State::malformed;
    body_.append(data.substr(next, length));
    at_ = next + length + 2;
  }
}

HttpReader::State HttpReader::read_trailer(std::string_view data, size_t at) {
  const size_t began = at;
  std::string_view line;
  bool bare = false;
  while (at - began <= kHeadLimit) {
    const size_t start = at;
    if (!take_line(data, at, line, at, bare))
      return data.size() - start > kHeadLimit ? State::malformed : State::need_more;
    if (bare) return State::malformed;
    if (line.empty()) {
      at_ = at;
      return State::complete;
    }
  }
  return State::malformed;
}

}  // namespace gardu::pusher
