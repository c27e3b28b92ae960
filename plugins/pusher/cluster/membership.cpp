// SPDX-License-Identifier: Apache-2.0
//
// This node among the others.
#include "cluster/membership.hpp"

namespace gardu::pusher {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

bool shows_life(const wire::Envelope& envelope) {
  for (const wire::Record& record : envelope.records)
    if (std::holds_alternative<wire::Heartbeat>(record)) return true;
  return false;
}

}  // namespace

Membership::Membership(std::string self, const Hub& hub)
    : self_(std::move(self)), hub_(hub), nodes_(self_), receiver_(hub) {}

bool Membership::hear(std::string_view bytes, Time now) {
  const std::string_view sender = wire::sender_of(bytes);
  if (sender == self_) {
    const std::lock_guard lock(mutex_);
    nodes_.heard(sender, 0, true, now);
    return true;
  }
  const auto envelope = wire::read(bytes);
  if (!envelope) return false;
  const std::lock_guard lock(mutex_);
  const auto heard = nodes_.heard(sender, envelope->number, shows_life(*envelope), now);
  if (heard == NodeTable::Heard::ended) return true;
  if (heard == NodeTable::Heard::met) {
    hub_.host.info("cluster: node " + std::string(sender) + " is there");
    met_.emplace_back(sender);
    greet_ = true;  // it need not wait for the next heartbeat to know of this node
    urgent_ = true;
    publish_facts(now);
  }
  apply(*envelope, heard, now);
  return envelope->unknown == 0;
}

void Membership::apply(const wire::Envelope& envelope, NodeTable::Heard heard, Time now) {
  for (const wire::Record& record : envelope.records) {
    if (const auto* event = std::get_if<wire::Event>(&record)) {
      receiver_.event(*event);
    } else if (const auto* terminate = std::get_if<wire::Terminate>(&record)) {
      receiver_.terminate(*terminate);
    } else if (heard != NodeTable::Heard::stranger) {
      apply(envelope.node, record, envelope.number == 0, now);
    }
  }
}

void Membership::apply(std::string_view node, const wire::Record& record, bool listed, Time now) {
  const bool speaks = nodes_.speaks(now);
  const auto count_listed = [&] {
    if (listed) receiver_.listed(node);
  };
  std::visit(Overloaded{
                 [&](const wire::Heartbeat& heartbeat) {
                   if (!heartbeat.listens_anew) return;
                   nodes_.listens_anew(node);
                   urgent_ = true;
                 },
                 [&](const wire::Goodbye&) {
                   if (!nodes_.goodbye(node, now)) return;
                   hub_.host.info("cluster: node " + std::string(node) + " said goodbye");
                   publish_facts(now);
                   receiver_.forget(node, nodes_.speaks(now));
                 },
                 [&](const wire::Ask& ask) {
                   asked_.push_back({std::string(node), ask.cache_ms});
                   urgent_ = true;
                 },
                 [&](const wire::Member& member) {
                   receiver_.member(node, member, speaks);
                   count_listed();
                 },
                 [&](const wire::Count& count) {
                   receiver_.count(node, count, speaks);
                   count_listed();
                 },
                 [&](const wire::Cached& cached) {
                   receiver_.cached(cached, now);
                   count_listed();
                 },
                 [&](const wire::Missed&) {
                   nodes_.told_less(node);
                   urgent_ = true;
                 },
                 [&](const wire::SnapshotBegin&) {
                   nodes_.snapshot_began(node);
                   receiver_.snapshot_began(node);
                 },
                 [&](const wire::SnapshotEnd& end) {
                   if (receiver_.snapshot_ended(node, end.records)) nodes_.snapshot_came(node);
                 },
                 [](const auto&) {},  // events and terminations, which came first
             },
             record);
}

void Membership::link_lost(Time now) {
  const std::lock_guard lock(mutex_);
  nodes_.link_lost(now);
}

void Membership::link_back(Time now) {
  const std::lock_guard lock(mutex_);
  nodes_.link_back(now);
  greet_ = listens_anew_ = true;
  urgent_ = true;
}

void Membership::tick(Time now) {
  const std::lock_guard lock(mutex_);
  const NodeTable::Expired expired = nodes_.take_expired(now);
  publish_facts(now);
  for (const std::string& node : expired.nodes) {
    hub_.host.warn("cluster: node " + node +
                   (expired.dead ? " is dead" : " is forgotten: nothing is heard of any"));
    receiver_.forget(node, expired.dead && nodes_.speaks(now));
  }
}

Membership::Todo Membership::take_todo(Time now) {
  const std::lock_guard lock(mutex_);
  urgent_ = false;
  Todo out{greet_, listens_anew_, nodes_.take_asks(now), {}, {}};
  greet_ = listens_anew_ = false;
  out.answers.swap(asked_);
  out.met.swap(met_);
  return out;
}

void Membership::publish_facts(Time now) {
  others_ = nodes_.size();
  speaks_ = nodes_.speaks(now);
}

}  // namespace gardu::pusher
