// SPDX-License-Identifier: Apache-2.0
//
// How many are subscribed to an app's channels, and who is told when that changes: the app's owner
// (channel_occupied, channel_vacated, subscription_count), the subscribers where the app wants it,
// and the cluster. One lock per part of the names keeps what is told in the order of the changes.
// Any thread.
#pragma once
#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocol/channel.hpp"
#include "server/channel_counts.hpp"

namespace gardu::pusher {

class Hub;
struct App;

class Occupancy {
 public:
  // One subscriber more on this node, before it is among them, so that no publisher thinks that
  // nobody is there; `joined` once it can hear of it.
  void join(const Hub& hub, App& app, std::string_view channel, ChannelKind kind);
  void joined(const Hub& hub, App& app, std::string_view channel, ChannelKind kind);
  // One less, which is not among them any more.
  void leave(const Hub& hub, App& app, std::string_view channel, ChannelKind kind);
  // What was vacated is not any more, by the first subscriber of another node.
  void occupied_elsewhere(const Hub& hub, App& app, std::string_view channel);
  // The count over all nodes has changed by what another node says.
  void changed_elsewhere(const Hub& hub, App& app, std::string_view channel);

 private:
  using Clock = std::chrono::steady_clock;
  struct Told {
    Clock::time_point at{};
    bool due = false;   // to be told again once the pause is over
    bool ours = false;  // by then there was a change on this node, which tells the owner of it
  };
  struct Part {
    std::mutex mutex;
    std::unordered_map<std::string, Told, TextHash, std::equal_to<>> told;
  };
  Part& part(std::string_view channel) { return parts_[TextHash{}(channel) % parts_.size()]; }
  void count(const Hub& hub, App& app, Part& p, std::string_view channel, bool ours);
  void count_now(const Hub& hub, App& app, Part& p, std::string_view channel, bool ours);

  std::array<Part, 16> parts_;
};

}  // namespace gardu::pusher
