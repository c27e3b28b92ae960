// SPDX-License-Identifier: Apache-2.0
//
// What this node tells the others of its cluster. What they tell reaches the hub the other way.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace gardu::pusher {

struct App;

// An event for the subscribers that are connected to other nodes.
struct ClusterEvent {
  std::span<const std::string> channels;
  std::string_view name, data;
  std::string_view except;   // socket id that is left out, whatever node it is on, or empty
  std::string_view user_id;  // of a client event on a presence channel, or empty
  bool cached = false;       // to be kept where a channel is a cache channel
};

// Any thread; nothing here blocks or throws, and without a connection all of it is dropped: nodes
// tell each other everything anew once they meet again.
class Cluster {
 public:
  virtual ~Cluster() = default;
  virtual void publish(const App& app, const ClusterEvent& event) noexcept = 0;
  // The first connection of this node with that user is in the room, or the last one has left it.
  virtual void joined(const App& app, std::string_view room, std::string_view user,
                      std::string_view info) noexcept = 0;
  // `gone`: and so it is nowhere any more. Who is told otherwise looks whether it is now.
  virtual void left(const App& app, std::string_view room, std::string_view user,
                    bool gone) noexcept = 0;
  // This node's number of subscribers there is another one now, and over all nodes it is `total`:
  // what the caller's webhooks went by. Told soon, not each change; `edge`, its first came or its
  // last left: almost at once, since what others tell of the channel hangs on it.
  virtual void count_changed(const App& app, std::string_view channel, size_t total,
                             bool edge) noexcept = 0;
  // Closes the connections that are signed in as that user.
  virtual void terminate(const App& app, std::string_view user) noexcept = 0;
  // Whether it is this node that tells what concerns all of them once (webhooks).
  virtual bool speaks() const noexcept = 0;
};

}  // namespace gardu::pusher
