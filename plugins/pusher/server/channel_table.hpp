// SPDX-License-Identifier: Apache-2.0
//
// One thread's subscribers by channel, for one app. No locks: belongs to its loop's thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/channel.hpp"
#include "server/channel_counts.hpp"
#include "server/replay.hpp"

namespace gardu::pusher {

class Session;
struct Subscription;

struct Channel {
  std::string name;
  ChannelKind kind;
  std::vector<Subscription*> subscribers;
};

struct Subscription {
  Session* session = nullptr;
  Channel* channel = nullptr;
  size_t index = 0;                         // its place among the channel's subscribers
  std::unique_ptr<const std::string> user;  // of a presence channel: who it is there
  // Journaled events up to this one are not for it: it has them, or gets them by its replay.
  int64_t after_seq = 0;
  std::unique_ptr<Replay> replay;

  void skip(int64_t seq) noexcept {
    if (replay && seq > replay->newest_skipped) replay->newest_skipped = seq;
  }
};

class ChannelTable {
 public:
  std::unique_ptr<Subscription> join(Session& session, std::string_view name, ChannelKind kind);
  void leave(const Subscription& subscription);
  const Channel* find(std::string_view name) const;

 private:
  std::unordered_map<std::string, std::unique_ptr<Channel>, TextHash, std::equal_to<>> channels_;
};

}  // namespace gardu::pusher
