// SPDX-License-Identifier: Apache-2.0
//
// How many connections are in each channel of an app, on this node and on the others: what the HTTP
// API tells, when a channel is occupied or vacated, and what spares building frames for nobody.
// Thread-safe; locked per part of the names.
#pragma once
#include <array>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gardu::pusher {

// Lets maps of strings be asked with views.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

class ChannelCounts {
 public:
  // Told, under a lock, when the first of this node's connections comes into a channel and when the
  // last one leaves it. Before the first thread starts.
  using Watch = std::function<void(std::string_view channel, bool occupied)>;
  void watch(Watch watch) { watch_ = std::move(watch); }

  // The counts of a channel just after a change.
  struct Left {
    size_t here = 0, total = 0;  // this node's, and over all nodes; 0: the channel is gone
  };
  // One of this node's connections comes or goes.
  Left add(std::string_view channel);
  Left remove(std::string_view channel);

  size_t count(std::string_view channel) const;  // over all nodes
  size_t local(std::string_view channel) const;  // this node's
  // Channels that are occupied anywhere and whose names begin with `prefix`, sorted.
  std::vector<std::pair<std::string, size_t>> list(std::string_view prefix) const;

  // What another node says of its own connections. Counts over all nodes, before and after.
  std::pair<size_t, size_t> set_remote(std::string_view node, std::string_view channel,
                                       size_t count);
  // All of a node but those that `keep` names; `changed` with what is left over all nodes.
  void forget_node(std::string_view node, const std::function<bool(std::string_view)>& keep,
                   const std::function<void(std::string_view channel, size_t left)>& changed);
  // This node's own, for a node that has just come.
  void each_local(const std::function<void(std::string_view channel, size_t count)>& f) const;

 private:
  struct Count {
    size_t here = 0, elsewhere = 0;
    std::vector<std::pair<std::string, size_t>> nodes;  // what `elsewhere` is the sum of
    size_t total() const noexcept { return here + elsewhere; }
  };
  struct Part {
    mutable std::shared_mutex mutex;
    std::unordered_map<std::string, Count, TextHash, std::equal_to<>> counts;
  };
  static void set(Count& count, std::string_view node, size_t number);
  Part& part(std::string_view channel) { return parts_[TextHash{}(channel) % parts_.size()]; }
  const Part& part(std::string_view channel) const {
    return parts_[TextHash{}(channel) % parts_.size()];
  }

  Watch watch_;
  std::array<Part, 16> parts_;
};

}  // namespace gardu::pusher
