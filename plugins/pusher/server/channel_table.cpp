// SPDX-License-Identifier: Apache-2.0
//
// Joining and leaving in constant time, whatever the size of the channel.
#include "server/channel_table.hpp"

namespace gardu::pusher {

std::unique_ptr<Subscription> ChannelTable::join(Session& session, std::string_view name,
                                                 ChannelKind kind) {
  auto it = channels_.find(name);
  if (it == channels_.end()) {
    auto channel = std::make_unique<Channel>(Channel{std::string(name), kind, {}});
    it = channels_.emplace(channel->name, std::move(channel)).first;
  }
  Channel& channel = *it->second;
  auto subscription = std::make_unique<Subscription>();
  subscription->session = &session;
  subscription->channel = &channel;
  subscription->index = channel.subscribers.size();
  channel.subscribers.push_back(subscription.get());
  return subscription;
}

void ChannelTable::leave(const Subscription& subscription) {
  Channel& channel = *subscription.channel;
  Subscription* last = channel.subscribers.back();
  last->index = subscription.index;
  channel.subscribers[subscription.index] = last;
  channel.subscribers.pop_back();
  if (channel.subscribers.empty()) channels_.erase(channels_.find(channel.name));
}

const Channel* ChannelTable::find(std::string_view name) const {
  const auto it = channels_.find(name);
  return it == channels_.end() ? nullptr : it->second.get();
}

}  // namespace gardu::pusher
