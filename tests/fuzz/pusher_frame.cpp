// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes the reading of WebSocket frames: whatever a peer sends, and in whatever pieces, the reader
// says the same, keeps to its limit, and takes nothing for text that is none.
#include <string>
#include <vector>

#include "check.hpp"
#include "protocol/frame.hpp"

using gardu::fuzz::Input;
using gardu::pusher::make_close_frame;
using gardu::pusher::MessageReader;
using gardu::pusher::valid_utf8;
using Kind = MessageReader::Kind;

namespace {

struct Seen {
  Kind kind;
  uint16_t code;
  std::string payload;
  bool operator==(const Seen&) const = default;
};

void check(const MessageReader::Item& item, size_t limit, size_t had) {
  FUZZ_CHECK(item.used <= had);
  switch (item.kind) {
    case Kind::text:
      FUZZ_CHECK(valid_utf8(item.payload));
      [[fallthrough]];
    case Kind::binary:
      FUZZ_CHECK(item.payload.size() <= limit);
      break;
    case Kind::ping:
    case Kind::pong:
      FUZZ_CHECK(item.payload.size() <= 125);
      break;
    case Kind::close:
      FUZZ_CHECK(item.payload.size() <= 123 && valid_utf8(item.payload));
      FUZZ_CHECK(make_close_frame(item.code, item.payload).size() == 4 + item.payload.size());
      break;
    case Kind::violation:
      FUZZ_CHECK(item.code == 1002 || item.code == 1007 || item.code == 1009);
      break;
    default:
      break;
  }
}

std::vector<Seen> read(std::string_view bytes, size_t piece, size_t limit) {
  MessageReader reader(limit);
  std::vector<Seen> seen;
  std::string pending;
  while (!bytes.empty()) {
    pending += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    size_t done = 0;
    while (done < pending.size()) {
      const auto item = reader.next(pending.data() + done, pending.size() - done);
      check(item, limit, pending.size() - done);
      if (item.kind == Kind::need_more) break;
      seen.push_back({item.kind, item.code, std::string(item.payload)});
      if (item.kind == Kind::violation) return seen;
      FUZZ_CHECK(item.used > 0);
      done += item.used;
    }
    pending.erase(0, done);
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const size_t limit = size_t{16} << (input.byte() % 12U);
  const size_t piece = 1U + input.byte() % 64U;
  const auto whole = read(input.rest(), SIZE_MAX, limit);
  FUZZ_CHECK(read(input.rest(), piece, limit) == whole);
  FUZZ_CHECK(read(input.rest(), 1, limit) == whole);
  return 0;
}
