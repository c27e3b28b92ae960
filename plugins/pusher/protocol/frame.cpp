// SPDX-License-Identifier: Apache-2.0
//
// WebSocket framing.
#include "protocol/frame.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace gardu::pusher {
namespace {

constexpr uint16_t kNeedMore = 1;
constexpr uint16_t kProtocolError = 1002;
constexpr uint16_t kBadPayload = 1007;
constexpr uint16_t kTooBig = 1009;

constexpr size_t kUsualHead = 4;  // of a payload of 126 to 65,535 bytes

struct HeadBytes {
  std::array<char, 10> bytes{};
  size_t size = 2;
  std::string_view view() const noexcept { return {bytes.data(), size}; }
};

HeadBytes head_of(Opcode opcode, size_t length) {
  HeadBytes out;
  out.bytes[0] = static_cast<char>(0x80U | static_cast<unsigned>(opcode));
  const int more = length < 126 ? 0 : length <= 0xFFFF ? 2 : 8;
  out.bytes[1] = static_cast<char>(more == 0 ? length : more == 2 ? 126U : 127U);
  for (int i = more - 1; i >= 0; --i)
    out.bytes[out.size++] = static_cast<char>((length >> (8 * i)) & 0xFF);
  return out;
}

void unmask(char* data, size_t size, const uint8_t* mask) {
  uint64_t wide = 0;
  uint8_t twice[8];
  std::memcpy(twice, mask, 4);
  std::memcpy(twice + 4, mask, 4);
  std::memcpy(&wide, twice, 8);
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, data + i, 8);
    word ^= wide;
    std::memcpy(data + i, &word, 8);
  }
  for (; i < size; ++i) data[i] = static_cast<char>(static_cast<uint8_t>(data[i]) ^ mask[i & 3U]);
}

bool sendable_close_code(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

std::string make_frame(Opcode opcode, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + 10);
  out += head_of(opcode, payload.size()).view();
  out += payload;
  return out;
}

std::string make_close_frame(uint16_t code, std::string_view reason) {
  constexpr size_t kRoom = 123;
  std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
  payload += utf8_prefix(reason, kRoom);
  return make_frame(Opcode::close, payload);
}

SharedBytes text_frame(std::string_view payload) {
  return std::make_shared<const std::string>(make_frame(Opcode::text, payload));
}

TextFrame::TextFrame(size_t expected) {
  text_.reserve(expected + kUsualHead);
  text_.append(kUsualHead, '\0');
}

SharedBytes TextFrame::finish() {
  const HeadBytes head = head_of(Opcode::text, text_.size() - kUsualHead);
  text_.replace(0, kUsualHead, head.view());
  return std::make_shared<const std::string>(std::move(text_));
}

uint16_t MessageReader::read_head(const uint8_t* data, size_t size, Head& head) const {
  if (size < 2) return kNeedMore;
  if ((data[0] & 0x70U) != 0) return kProtocolError;  // no extension was agreed on
  const unsigned opcode = data[0] & 0x0FU;
  if ((opcode > 2 && opcode < 8) || opcode > 10) return kProtocolError;
  head.opcode = static_cast<Opcode>(opcode);
  head.last = (data[0] & 0x80U) != 0;
  if ((data[1] & 0x80U) == 0) return kProtocolError;  // clients must mask
  const unsigned short_length = data[1] & 0x7FU;
  if (control(head.opcode)) {
    if (!head.last || short_length > 125) return kProtocolError;
  } else if ((head.opcode == Opcode::more) != (open_ != Opcode::more)) {
    return kProtocolError;  // a continuation of nothing, or a message within a message
  }
  const size_t extra = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  if (size < 2 + extra) return kNeedMore;
  head.length = extra == 0 ? short_length : 0;
  for (size_t i = 0; i < extra; ++i) head.length = (head.length << 8U) | data[2 + i];
  if ((extra == 2 && head.length < 126) || (extra == 8 && head.length <= 0xFFFF))
    return kProtocolError;  // not the shortest form
  if ((head.length >> 63U) != 0) return kProtocolError;
  if (!control(head.opcode) && (head.length > limit_ || message_.size() + head.length > limit_))
    return kTooBig;  // told by the head alone: the payload is never waited for
  head.size = 2 + extra + 4;
  return size < head.size ? kNeedMore : 0;
}

MessageReader::Item MessageReader::next(char* data, size_t size) {
  if (clear_) {
    message_.clear();
    if (message_.capacity() > 4096) message_.shrink_to_fit();
    clear_ = false;
  }
  Head head;
  const auto* bytes = reinterpret_cast<const uint8_t*>(data);
  if (const uint16_t problem = read_head(bytes, size, head); problem != 0)
    return problem == kNeedMore ? Item{} : Item{Kind::violation, 0, {}, problem};
  if (size - head.size < head.length) {
    if (kind_of(head) == Opcode::text &&
        !part_is_text(bytes + head.size - 4, {data + head.size, size - head.size}))
      return {Kind::violation, 0, {}, kBadPayload};
    return {};
  }
  const auto length = static_cast<size_t>(head.length);
  uint8_t mask[4];
  std::memcpy(mask, bytes + head.size - 4, 4);
  unmask(data + head.size, length, mask);
  const std::string_view payload(data + head.size, length);
  Item item = control(head.opcode) ? take_control(head, payload) : take_data(head, payload);
  item.used = head.size + length;
  return item;
}

bool MessageReader::part_is_text(const uint8_t* mask, std::string_view part) {
  std::array<char, 256> piece;
  while (checked_ < part.size()) {
    const size_t size = std::min(piece.size(), part.size() - checked_);
    for (size_t i = 0; i < size; ++i) {
      const size_t at = checked_ + i;
      piece[i] = static_cast<char>(static_cast<uint8_t>(part[at]) ^ mask[at & 3U]);
    }
    if (!utf8_.feed({piece.data(), size})) return false;
    checked_ += size;
  }
  return true;
}

MessageReader::Item MessageReader::take_control(const Head& head, std::string_view payload) const {
  if (head.opcode == Opcode::ping) return {Kind::ping, 0, payload, 0};
  if (head.opcode == Opcode::pong) return {Kind::pong, 0, payload, 0};
  if (payload.empty()) return {Kind::close, 0, {}, 1005};
  if (payload.size() == 1) return {Kind::violation, 0, {}, kProtocolError};
  const unsigned code = static_cast<unsigned>(static_cast<uint8_t>(payload[0])) << 8U |
                        static_cast<uint8_t>(payload[1]);
  if (!sendable_close_code(code)) return {Kind::violation, 0, {}, kProtocolError};
  if (!valid_utf8(payload.substr(2))) return {Kind::violation, 0, {}, kBadPayload};
  return {Kind::close, 0, payload.substr(2), static_cast<uint16_t>(code)};
}

MessageReader::Item MessageReader::take_data(const Head& head, std::string_view payload) {
  const Opcode kind = kind_of(head);
  if (kind == Opcode::text && !utf8_.feed(payload.substr(checked_)))
    return {Kind::violation, 0, {}, kBadPayload};
  checked_ = 0;
  if (!head.last) {
    open_ = kind;
    message_ += payload;
    return {Kind::part, 0, {}, 0};
  }
  if (kind == Opcode::text && !utf8_.complete()) return {Kind::violation, 0, {}, kBadPayload};
  utf8_.reset();
  if (head.opcode == Opcode::more) {
    message_ += payload;
    payload = message_;
    clear_ = true;
    open_ = Opcode::more;
  }
  return {kind == Opcode::text ? Kind::text : Kind::binary, 0, payload, 0};
}

}  // namespace gardu::pusher
