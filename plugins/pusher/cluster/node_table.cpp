// SPDX-License-Identifier: Apache-2.0
//
// Who is alive.
#include "cluster/node_table.hpp"

#include <algorithm>

namespace gardu::pusher {

NodeTable::Heard NodeTable::heard(std::string_view id, uint64_t number, bool alive, Time now) {
  hear_again(now);
  if (id == self_) return Heard::own;
  if (ended_.contains(id)) return Heard::ended;
  auto it = nodes_.find(id);
  const bool met = it == nodes_.end();
  if (met && !alive) return Heard::stranger;
  if (met) it = nodes_.emplace(std::string(id), Node{}).first;
  Node& node = it->second;
  node.heard = now;
  if (number != 0) {
    if (node.next != 0 && number != node.next) missed(node);
    node.next = number + 1;
  }
  if (!node.missing) node.complete = now;
  return met ? Heard::met : Heard::known;
}

// Its own voice comes back each second. After a time in which not even that was heard, because the
// process stood still or Redis said nothing, the others have time to show that they live.
void NodeTable::hear_again(Time now) {
  if (listened_ + kDoubt <= now)
    for (auto& [id, node] : nodes_) node.heard = now;
  listened_ = now;
}

void NodeTable::missed(Node& node) {
  node.missing = true;
  node.snapshot_sound = false;
  node.asked.reset();
}

bool NodeTable::goodbye(std::string_view id, Time now) {
  if (id == self_) return false;
  ended_.emplace(id, now);
  const auto it = nodes_.find(id);
  if (it == nodes_.end()) return false;
  forget(it);
  return true;
}

void NodeTable::listens_anew(std::string_view id) {
  if (const auto it = nodes_.find(id); it != nodes_.end()) it->second.asked.reset();
}

void NodeTable::told_less(std::string_view id) {
  const auto it = nodes_.find(id);
  if (it != nodes_.end() && !it->second.missing) missed(it->second);
}

void NodeTable::snapshot_began(std::string_view id) {
  if (const auto it = nodes_.find(id); it != nodes_.end()) it->second.snapshot_sound = true;
}

void NodeTable::snapshot_came(std::string_view id) {
  const auto it = nodes_.find(id);
  if (it == nodes_.end() || !it->second.snapshot_sound) return;
  it->second.missing = false;
  it->second.asked.reset();
  it->second.complete = it->second.heard;
  if (cache_from_ == id) {
    has_cache_ = true;
    cache_from_.clear();
  }
}

void NodeTable::link_lost(Time now) {
  if (!unlinked_since_) unlinked_since_ = now;
}

void NodeTable::link_back(Time now) {
  unlinked_since_.reset();
  for (auto& [id, node] : nodes_) {
    missed(node);
    node.next = 0;
    node.heard = now;  // whoever lives has time to say so
  }
  listened_ = now;
}

NodeTable::Expired NodeTable::take_expired(Time now) {
  std::erase_if(ended_, [&](const auto& e) { return e.second + kLateMessages <= now; });
  Expired out;
  if (unlinked_since_ && (nodes_.empty() || *unlinked_since_ + kWithoutLink > now)) return out;
  if (linked() && listened_ + kDoubt <= now) return out;  // it is this node that hears nothing
  out.dead = linked();
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    const auto at = it++;
    if (linked() && at->second.heard + kSilence > now) continue;
    out.nodes.push_back(at->first);
    forget(at);
  }
  return out;
}

// Who was to tell the cached events is gone before it could: another one shall.
void NodeTable::forget(Nodes::iterator at) {
  const bool was_asked = cache_from_ == at->first;
  nodes_.erase(at);
  if (!was_asked) return;
  cache_from_.clear();
  if (!nodes_.empty()) missed(nodes_.begin()->second);
}

std::vector<NodeTable::Ask> NodeTable::take_asks(Time now) {
  std::vector<Ask> out;
  if (!linked()) return out;
  for (auto& [id, node] : nodes_) {
    if (!node.missing || (node.asked && *node.asked + kPatience > now)) continue;
    node.asked = now;
    out.push_back({id, cache_to_ask(id, node, now)});
  }
  return out;
}

// The first time one node tells all; later each tells what came while it was not heard.
uint64_t NodeTable::cache_to_ask(const std::string& id, const Node& node, Time now) {
  if (!has_cache_) {
    if (cache_from_.empty()) cache_from_ = id;
    return cache_from_ == id ? kWholeCache : 0;
  }
  if (!node.complete) return kWholeCache;
  const auto unheard = now - *node.complete + kHeartbeat * 2;
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(unheard).count());
}

bool NodeTable::speaks(Time now) const {
  return std::ranges::none_of(nodes_, [&](const auto& entry) {
    return entry.first < self_ && entry.second.heard + kDoubt > now;
  });
}

}  // namespace gardu::pusher
