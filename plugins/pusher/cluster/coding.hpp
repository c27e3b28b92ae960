// SPDX-License-Identifier: Apache-2.0
//
// What nodes write to each other: an envelope names its sender and holds records, each with its
// length in front, so that a kind which only a newer node knows can be skipped. Texts are bytes as
// they came. What is read refers to the bytes it was read from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gardu::pusher::wire {

inline constexpr size_t kNodeIdSize = 12;
inline constexpr size_t kLargestEnvelope = size_t{32} << 20U;

struct Heartbeat {
  bool listens_anew = false;  // has just subscribed: what was written to it before is lost
};
struct Goodbye {};  // of a node that stops, and takes all its own with it
// To one node: tell me all of yours, and the cached events that you got within the last `cache_ms`.
struct Ask {
  uint64_t cache_ms = 0;
};
struct Event {
  std::string_view app;
  std::vector<std::string_view> channels;
  std::string_view name, data, except, user_id;
  bool cached = false;
};
// Whether a user is in a room by a connection of the sender.
struct Member {
  std::string_view app, room, user, info;
  bool present = false;
  bool gone = false;  // left, and was nowhere else as far as the sender knew
};
struct Count {
  std::string_view app, channel;
  uint64_t here = 0;   // subscribers of the sender
  uint64_t total = 0;  // of all nodes, as far as the sender knew
};
struct Terminate {
  std::string_view app, user;
};
// To one node: it may have missed something, and should ask.
struct Missed {};
// Between these two: all of the sender's members and counts. The count tells whether any is
// missing.
struct SnapshotBegin {};
struct SnapshotEnd {
  uint64_t records = 0;
};
struct Cached {
  std::string_view app, channel, name, data;
  uint64_t age_ms = 0;
};

using Record = std::variant<Heartbeat, Goodbye, Ask, Event, Member, Count, Terminate, SnapshotBegin,
                            SnapshotEnd, Cached, Missed>;

struct Envelope {
  std::string_view node;
  uint64_t number = 0;  // of those to everybody, without a gap; 0: to one node alone
  std::vector<Record> records;
  size_t unknown = 0;  // records of kinds that this version does not know
};

// Whose envelope that is, without looking further; empty: it is none.
std::string_view sender_of(std::string_view bytes) noexcept;
// Nothing: it is no envelope of this version, or broken somewhere.
std::optional<Envelope> read(std::string_view bytes);

void append(std::string& out, const Record& record);
// What an envelope begins with; records are appended to it.
std::string begin_envelope(std::string_view node, uint64_t number);

}  // namespace gardu::pusher::wire
