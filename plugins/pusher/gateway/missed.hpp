// SPDX-License-Identifier: Apache-2.0
//
// What a channel missed, out of the journal, as frames. Blocks on the database: not for loops.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gardu/host.hpp>

#include "gateway/profile.hpp"
#include "protocol/frame.hpp"
#include "protocol/settings.hpp"

namespace gardu::pusher {

// Which events a subscription waits for.
struct Missed {
  std::string channel;
  GatewayChannel place;  // its workspace_id is known, whatever the channel's name says
  int64_t after_seq = 0;
  // The first of a replay, which finds out whether it is one that is within the limits.
  bool first = true;

  auto operator<=>(const Missed& o) const {
    return std::tie(channel, place.workspace_id, after_seq, first) <=>
           std::tie(o.channel, o.place.workspace_id, o.after_seq, o.first);
  }
  bool operator==(const Missed& o) const { return (*this <=> o) == 0; }
};

struct MissedPage {
  struct Item {
    SharedBytes frame;
    std::string except;  // the socket that caused it, or empty
  };
  std::vector<Item> items;
  int64_t upto = 0;      // all that the channel has had until there is here
  bool complete = true;  // there was no more when it was read
  // Too much was missed, or it is of another journal: up to there it must be fetched anew.
  std::optional<int64_t> resync;
};

// Throws Failure when the journal cannot be read, or does not reach as far yet as the client says
// that it has seen; `last_try`: then that is an answer, too.
std::shared_ptr<const MissedPage> read_missed(const Host& host, const Missed& missed,
                                              Profiles profiles, const RecoveryLimits& limits,
                                              bool last_try);

// The frame that tells a client to fetch everything anew.
SharedBytes resync_frame(std::string_view channel, int64_t seq);

}  // namespace gardu::pusher
