// SPDX-License-Identifier: Apache-2.0
//
// Which other nodes are alive, and from which of them something was missed. Pure: time is given,
// and is this node's own; what other nodes' clocks say is never looked at. Not thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::pusher {

class NodeTable {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kHeartbeat{1};
  static constexpr std::chrono::seconds kSilence{6};        // after which a node is dead
  static constexpr std::chrono::seconds kDoubt{3};          // after which it does not speak for all
  static constexpr std::chrono::seconds kPatience{3};       // until what was asked is asked again
  static constexpr std::chrono::seconds kWithoutLink{30};   // for which others are kept unheard
  static constexpr std::chrono::seconds kLateMessages{60};  // of a node that said goodbye
  static constexpr uint64_t kWholeCache = std::numeric_limits<uint64_t>::max();

  explicit NodeTable(std::string self) : self_(std::move(self)) {}

  enum class Heard {
    own,
    ended,     // has said goodbye: whatever it is, it comes too late
    stranger,  // is not known (any more) and shows no sign of life: its state is nobody's
    known,
    met,  // for the first time, or again after it was given up
  };
  // An envelope came. `number` 0: to this node alone; `alive`: it holds a heartbeat.
  Heard heard(std::string_view node, uint64_t number, bool alive, Time now);
  // Whether it was known.
  bool goodbye(std::string_view node, Time now);
  // What it was asked before it cannot have heard.
  void listens_anew(std::string_view node);
  // It says that it may not have told this node everything.
  void told_less(std::string_view node);
  void snapshot_began(std::string_view node);
  // All of a snapshot has come.
  void snapshot_came(std::string_view node);

  // This node hears the others no more, or again.
  void link_lost(Time now);
  void link_back(Time now);
  bool linked() const noexcept { return !unlinked_since_; }

  struct Expired {
    std::vector<std::string> nodes;
    bool dead = true;  // false: it is us who heard nothing; they may well live
  };
  Expired take_expired(Time now);

  struct Ask {
    std::string node;
    uint64_t cache_ms;  // of cached events: those it got within this time
  };
  // Who has to be asked for all it has, by now.
  std::vector<Ask> take_asks(Time now);

  // Whether this node has the lowest id of those that are surely alive.
  bool speaks(Time now) const;
  size_t size() const noexcept { return nodes_.size(); }
  bool knows(std::string_view node) const { return nodes_.contains(node); }

 private:
  struct Node {
    Time heard;
    uint64_t next = 0;             // number of its next envelope; 0: any
    bool missing = true;           // it has to be asked
    bool snapshot_sound = false;   // nothing was missed since it began
    std::optional<Time> asked;     // not answered yet
    std::optional<Time> complete;  // nothing was missed until then; none: nothing is known of it
  };
  using Nodes = std::map<std::string, Node, std::less<>>;
  void hear_again(Time now);
  void missed(Node& node);
  void forget(Nodes::iterator node);
  uint64_t cache_to_ask(const std::string& id, const Node& node, Time now);

  const std::string self_;
  Time listened_{};  // when anybody was heard last, this node itself too
  Nodes nodes_;
  std::map<std::string, Time, std::less<>> ended_;
  std::optional<Time> unlinked_since_ = Time::min();
  bool has_cache_ = false;  // got all cached events from one of the nodes
  std::string cache_from_;  // who is asked for them
};

}  // namespace gardu::pusher
