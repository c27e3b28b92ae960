// SPDX-License-Identifier: Apache-2.0
//
// For the FakeHost itself: the events that the plugin is shown, and the units that hold back what a
// transaction may undo.
#pragma once
#include "../../abi/ext/publish.h"
#include "../../abi/ext/send.h"
#include "rules.hpp"

namespace gardu::testing::detail {

// ---- Units.
inline void begin_unit(State& s) {
  const std::lock_guard lock(s.mutex);
  s.units[std::this_thread::get_id()].emplace_back();
}
inline void keep_locked(State& s, Unit&& unit) {
  for (SendEnd& e : unit.sends) {
    s.sent.push_back(e.message);
    if (e.done != nullptr) s.send_ends.push_back(std::move(e));
  }
  for (PublishEnd& e : unit.publishes) {
    s.published.insert(s.published.end(), e.items.begin(), e.items.end());
    s.publish_ends.push_back(std::move(e));
  }
  s.patches.insert(s.patches.end(), unit.patches.begin(), unit.patches.end());
}
template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}
inline void end_send(const SendEnd& e, const Status& status) {
  gardu_error error = Status::record();
  const int32_t code = status.write_to(&error);
  e.done(e.user, code, &error);
}
inline void end_publish(const PublishEnd& e, int32_t status,
                        const std::vector<gardu_publish_result>& results) {
  if (e.done != nullptr)
    e.done(e.user, status, results.empty() ? nullptr : results.data(),
           static_cast<uint32_t>(results.size()));
}
// Ends the innermost unit of this thread: to the one around it or for good, or undone.
inline void end_unit(State& s, const Status& outcome, const Status& undone) {
  Unit unit;
  {
    const std::lock_guard lock(s.mutex);
    const auto it = s.units.find(std::this_thread::get_id());
    unit = std::move(it->second.back());
    it->second.pop_back();
    if (outcome.ok() && !it->second.empty()) {
      Unit& outer = it->second.back();
      append(outer.sends, unit.sends);
      append(outer.publishes, unit.publishes);
      append(outer.patches, unit.patches);
      append(outer.kv_before, unit.kv_before);
      return;
    }
    if (outcome.ok()) return keep_locked(s, std::move(unit));
    for (auto before = unit.kv_before.rbegin(); before != unit.kv_before.rend(); ++before) {
      if (before->second)
        s.kv[before->first] = *before->second;
      else
        s.kv.erase(before->first);
    }
  }
  for (const SendEnd& e : unit.sends)
    if (e.done != nullptr) end_send(e, undone);
  for (const PublishEnd& e : unit.publishes) end_publish(e, undone.code(), {});
}

// ---- Events.
inline const gardu_message* show(Shown& to, const FakeMessage& m) {
  auto* out = to.sized<gardu_message>();
  out->type = m.type;
  out->direction = m.direction;
  out->chat_type = m.chat_type;
  out->status = m.status;
  out->priority = m.priority;
  out->forwarded = m.forwarded;
  out->id = to.text(m.id);
  out->workspace_id = to.text(m.workspace_id);
  out->account_id = to.text(m.account_id);
  out->contact_id = to.text(m.contact_id);
  out->client_ref = to.text(m.client_ref);
  out->provider_message_id = to.text(m.provider_message_id);
  out->text = to.text(m.text);
  out->content = to.text(m.content);
  out->reply_to_message_id = to.text(m.reply_to_message_id);
  out->reply_to_provider_id = to.text(m.reply_to_provider_id);
  out->sender_address = to.text(m.sender_address);
  out->sender_name = to.text(m.sender_name);
  out->sent_by_kind = to.text(m.sent_by_kind);
  out->sent_by_id = to.text(m.sent_by_id);
  out->metadata = to.text(m.metadata);
  out->created_at = m.created_at;
  return out;
}
inline const gardu_contact* show(Shown& to, const FakeContact& c) {
  auto* out = to.sized<gardu_contact>();
  out->is_group = c.is_group;
  out->id = to.text(c.id);
  out->account_id = to.text(c.account_id);
  out->address = to.text(c.address);
  out->phone = to.text(c.phone);
  out->name = to.text(c.name);
  return out;
}
inline const gardu_event* show_event(State& s, const FakeEvent& e) {
  auto block = std::make_unique<EventBlock>();
  Shown& to = block->memory;
  auto* out = to.sized<gardu_event>();
  out->type = e.type;
  out->flags = e.flags;
  out->seq = e.seq;
  out->occurred_at = e.occurred_at;
  out->recorded_at = e.recorded_at;
  out->id = to.text(e.id);
  out->type_name = to.text(e.type_name);
  out->workspace_id = to.text(e.workspace_id);
  out->account_id = to.text(e.account_id);
  out->contact_id = to.text(e.contact_id);
  out->source = to.text(e.source);
  out->data = to.text(e.data);
  out->origin_socket = to.text(e.origin_socket);
  if (e.message) out->message = show(to, *e.message);
  if (e.contact) out->contact = show(to, *e.contact);
  block->event = out;
  const std::lock_guard lock(s.mutex);
  s.blocks[out] = std::move(block);
  return out;
}
// The call that showed it is over: gone unless it was retained.
inline void hide_event(State& s, const gardu_event* event) {
  const std::lock_guard lock(s.mutex);
  const auto it = s.blocks.find(event);
  if (it == s.blocks.end()) return;
  it->second->shown = false;
  if (it->second->kept > 0) return;
  s.bury_locked(it->second->memory);
  s.blocks.erase(it);
}
inline const gardu_event* retain(void* context, const gardu_event* event) noexcept {
  State& s = State::of(context);
  (void)s.enter("gardu_host", "retain", Tag::alive);
  const std::lock_guard lock(s.mutex);
  const auto it = s.blocks.find(event);
  if (it == s.blocks.end())
    s.fault_locked("gardu_host retain: of no event that is shown or kept (a view was kept)");
  else
    ++it->second->kept;
  return event;
}
inline void release(void* context, const gardu_event* event) noexcept {
  State& s = State::of(context);
  const std::lock_guard lock(s.mutex);
  ++s.calls;
  s.changed.notify_all();
  if (s.phase == Phase::destroyed)
    s.fault_locked("gardu_host release: called after destroy had returned");
  const auto it = s.blocks.find(event);
  if (it == s.blocks.end() || it->second->kept == 0)
    return s.fault_locked("gardu_host release: of an event that is not kept (a release too many)");
  if (--it->second->kept > 0 || it->second->shown) return;
  s.bury_locked(it->second->memory);
  s.blocks.erase(it);
}

}  // namespace gardu::testing::detail
