// SPDX-License-Identifier: Apache-2.0
//
// WebSocket framing (RFC 6455), the server's side: messages out of bytes, frames out of messages.
// A reader belongs to one connection and its thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/utf8.hpp"

namespace gardu::pusher {

enum class Opcode : uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// What is written to sockets: made once, shared by all that it goes to.
using SharedBytes = std::shared_ptr<const std::string>;

std::string make_frame(Opcode opcode, std::string_view payload);
// The reason is cut, between characters, to what a close frame holds.
std::string make_close_frame(uint16_t code, std::string_view reason);
SharedBytes text_frame(std::string_view payload);

// A text frame whose payload is written where it will stay.
class TextFrame {
 public:
  explicit TextFrame(size_t expected);               // bytes of the payload, about
  std::string& payload() noexcept { return text_; }  // to be appended to
  SharedBytes finish();                              // once

 private:
  std::string text_;
};

class MessageReader {
 public:
  enum class Kind { need_more, part, text, binary, ping, pong, close, violation };
  struct Item {
    Kind kind = Kind::need_more;
    size_t used = 0;           // bytes of the input that are done with
    std::string_view payload;  // lives until the next call, and as long as the input
    uint16_t code = 0;  // close: the peer's (1005: none given); violation: what to close with
  };

  // `limit`: bytes of one message, over all its fragments.
  explicit MessageReader(size_t limit) : limit_(limit) {}

  // The next complete frame, unmasked in place. After a violation nothing more can be read. The
  // bytes of a frame that is not complete are given again, with more behind them; that they are no
  // text is told before its end.
  Item next(char* data, size_t size);
  // Nothing of a message is kept: another reader, a new one, would do as well.
  bool idle() const noexcept {
    return open_ == Opcode::more && checked_ == 0 && (clear_ || message_.empty());
  }

 private:
  struct Head {
    Opcode opcode = Opcode::more;
    bool last = false;
    size_t size = 0;  // of the head, mask included
    uint64_t length = 0;
  };
  static bool control(Opcode opcode) noexcept { return static_cast<uint8_t>(opcode) >= 8; }
  // 0: fine; 1: not all there yet; else the code to close with.
  uint16_t read_head(const uint8_t* data, size_t size, Head& head) const;
  Item take_control(const Head& head, std::string_view payload) const;
  Item take_data(const Head& head, std::string_view payload);
  Opcode kind_of(const Head& head) const noexcept {
    return head.opcode == Opcode::more ? open_ : head.opcode;
  }
  // `part`: what is there of a frame's payload, still masked.
  bool part_is_text(const uint8_t* mask, std::string_view part);

  size_t limit_;
  Opcode open_ = Opcode::more;  // kind of the fragmented message that is being read
  bool clear_ = false;
  std::string message_;
  Utf8Check utf8_;
  size_t checked_ = 0;  // bytes of the frame at hand that are known to be text
};

}  // namespace gardu::pusher
