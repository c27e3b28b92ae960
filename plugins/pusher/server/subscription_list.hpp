// SPDX-License-Identifier: Apache-2.0
//
// One connection's subscriptions by channel. Mostly there is one, or a few: a sorted list takes a
// tenth of what a hash table takes, and a connection at rest consists of little else.
#pragma once
#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "server/channel_table.hpp"

namespace gardu::pusher {

class SubscriptionList {
  using All = std::vector<std::unique_ptr<Subscription>>;

 public:
  bool empty() const noexcept { return all_.empty(); }
  size_t size() const noexcept { return all_.size(); }
  bool contains(std::string_view channel) const { return find(channel) != nullptr; }
  Subscription* find(std::string_view channel) const {
    const auto at = place(channel);
    return at != all_.end() && (*at)->channel->name == channel ? at->get() : nullptr;
  }
  const Subscription& last() const { return *all_.back(); }
  auto begin() const noexcept { return all_.begin(); }
  auto end() const noexcept { return all_.end(); }

  // There is none for its channel.
  Subscription& add(std::unique_ptr<Subscription> subscription) {
    const auto at = place(subscription->channel->name);
    return **all_.insert(at, std::move(subscription));
  }
  // Null: there is none.
  std::unique_ptr<Subscription> take(std::string_view channel) {
    const auto at = place(channel);
    if (at == all_.end() || (*at)->channel->name != channel) return nullptr;
    auto out = std::move(all_[static_cast<size_t>(at - all_.begin())]);
    all_.erase(at);
    return out;
  }

 private:
  All::const_iterator place(std::string_view channel) const {
    return std::ranges::lower_bound(all_, channel, {}, [](const auto& subscription) {
      return std::string_view(subscription->channel->name);
    });
  }

  All all_;
};

}  // namespace gardu::pusher
