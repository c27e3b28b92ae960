// SPDX-License-Identifier: Apache-2.0
//
// For the FakeHost itself: gardu.log/1, gardu.publish/1, gardu.send/1 and gardu.journal/1.
#pragma once
#include "../../abi/ext/journal.h"
#include "../../abi/ext/log.h"
#include "units.hpp"

namespace gardu::testing::detail {

// ---- gardu.log/1
inline void log(void* context, int32_t level, gardu_str message) noexcept {
  serve(context, GARDU_EXT_LOG, "log", Tag::alive, nullptr, [&](State& s) {
    std::string text = s.take("gardu.log/1 log", "message", message);
    s.check_secrets("gardu.log/1 log", text);
    const std::lock_guard lock(s.mutex);
    s.logs.push_back({level, std::move(text)});
    return Status{};
  });
}
inline int32_t log_enabled(void*, int32_t) noexcept { return 1; }
inline constexpr gardu_host_log kLog{sizeof(gardu_host_log), 0, &log, &log_enabled};

// ---- gardu.publish/1
inline constexpr std::string_view kPublishFunction = "gardu.publish/1 publish";
inline Peer owned(State& s, const gardu_peer& in) {
  const auto take = [&](std::string_view field, gardu_str text) {
    return s.take(kPublishFunction, field, text);
  };
  Peer out{{}, take("peer address", in.address), take("peer name", in.name), in.is_group != 0};
  for (uint32_t i = 0; i < in.identity_count; ++i)
    out.identities.push_back({static_cast<gardu_identity_kind>(in.identities[i].kind),
                              take("identity", in.identities[i].value)});
  return out;
}
inline InboundMessage owned(State& s, const gardu_inbound_message& in) {
  const auto take = [&](std::string_view field, gardu_str text) {
    return s.take(kPublishFunction, field, text);
  };
  InboundMessage m;
  m.type = static_cast<gardu_message_type>(in.type);
  m.direction = static_cast<gardu_direction>(in.direction);
  m.forwarded = in.forwarded != 0;
  m.provider_message_id = take("provider_message_id", in.provider_message_id);
  m.raw_id = take("raw_id", in.raw_id);
  m.text = take("message text", in.text);
  m.content = take("content", in.content);
  m.metadata = take("metadata", in.metadata);
  m.reply_to_provider_id = take("reply_to_provider_id", in.reply_to_provider_id);
  m.sender_address = take("sender_address", in.sender_address);
  m.sender_name = take("sender_name", in.sender_name);
  return m;
}
inline InboundStatus owned(State& s, const gardu_inbound_status& in) {
  const auto take = [&](std::string_view field, gardu_str text) {
    return s.take(kPublishFunction, field, text);
  };
  return {static_cast<gardu_message_status>(in.status),
          take("provider_message_id", in.provider_message_id),
          take("message_id", in.message_id),
          take("participant", in.participant),
          take("error_code", in.error_code),
          take("error_title", in.error_title),
          take("error_detail", in.error_detail),
          in.error_retryable != 0};
}
inline Status take_publication(State& s, const gardu_publication& in, Publication& out) {
  if (!GARDU_HAS(&in, gardu_publication, status))
    return s.too_short(kPublishFunction, "gardu_publication");
  if (in.peer != nullptr && !GARDU_HAS(in.peer, gardu_peer, reserved))
    return s.too_short(kPublishFunction, "gardu_peer");
  if (in.message != nullptr && !GARDU_HAS(in.message, gardu_inbound_message, sender_name))
    return s.too_short(kPublishFunction, "gardu_inbound_message");
  if (in.status != nullptr && !GARDU_HAS(in.status, gardu_inbound_status, reserved))
    return s.too_short(kPublishFunction, "gardu_inbound_status");
  const auto take = [&](std::string_view field, gardu_str text) {
    return s.take(kPublishFunction, field, text);
  };
  out.type = static_cast<gardu_event_type>(in.type);
  out.occurred_at = in.occurred_at;
  out.type_name = take("type_name", in.type_name);
  out.workspace_id = take("workspace_id", in.workspace_id);
  out.account_id = take("account_id", in.account_id);
  out.target = take("target", in.target);
  out.text = take("text", in.text);
  out.data = take("data", in.data);
  if (in.peer != nullptr) out.peer = owned(s, *in.peer);
  if (in.message != nullptr) out.message = owned(s, *in.message);
  if (in.status != nullptr) out.status = owned(s, *in.status);
  return {};
}
inline int32_t publish(void* context, const gardu_publication* const* items, uint32_t count,
                       gardu_publish_done done, void* user, gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_PUBLISH, "publish", Tag::started, error, [&](State& s) {
    std::vector<Publication> all(count);
    for (uint32_t i = 0; i < count; ++i)
      if (Status bad = take_publication(s, *items[i], all[i]); !bad.ok()) return bad;
    const std::lock_guard lock(s.mutex);
    if (s.phase == Phase::stopping) return Status{GARDU_STOPPED, "the plugin is stopping"};
    Unit unit;
    unit.publishes.push_back({s.order_locked(), std::move(all), done, user});
    if (auto* open = s.units_locked())
      open->back().publishes.push_back(std::move(unit.publishes.front()));
    else
      keep_locked(s, std::move(unit));
    return Status{};
  });
}
inline constexpr gardu_host_publish kPublish{sizeof(gardu_host_publish), 0, &publish};

// ---- gardu.send/1
inline Sent owned(State& s, const gardu_send_request& r) {
  const auto take = [&](std::string_view field, gardu_str text) {
    return s.take("gardu.send/1 send", field, text);
  };
  Sent m;
  m.type = static_cast<gardu_message_type>(r.type);
  m.priority = static_cast<gardu_priority>(r.priority);
  m.workspace_id = take("workspace_id", r.workspace_id);
  m.account_id = take("account_id", r.account_id);
  m.contact_id = take("contact_id", r.contact_id);
  m.to = take("to", r.to);
  m.text = take("text", r.text);
  m.content = take("content", r.content);
  m.reply_to = take("reply_to_message_id", r.reply_to_message_id);
  m.client_ref = take("client_ref", r.client_ref);
  m.metadata = take("metadata", r.metadata);
  m.scheduled_at = r.scheduled_at;
  return m;
}
inline int32_t send(void* context, const gardu_send_request* request, char message_id[40],
                    gardu_send_done done, void* user, gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_SEND, "send", Tag::started, error, [&](State& s) {
    if (!GARDU_HAS(request, gardu_send_request, scheduled_at))
      return s.too_short("gardu.send/1 send", "gardu_send_request");
    Sent message = owned(s, *request);
    if (message.client_ref.size() > 255)
      return Status::invalid("client_ref has more than 255 bytes");
    const std::lock_guard lock(s.mutex);
    if (s.phase == Phase::stopping) return Status{GARDU_STOPPED, "the plugin is stopping"};
    const uint64_t order = s.order_locked();
    message.id = fake_id("sent", std::to_string(order));
    std::memcpy(message_id, message.id.c_str(), message.id.size() + 1);
    Unit unit;
    unit.sends.push_back({order, std::move(message), done, user});
    if (auto* open = s.units_locked())
      open->back().sends.push_back(std::move(unit.sends.front()));
    else
      keep_locked(s, std::move(unit));
    return Status{};
  });
}
inline constexpr gardu_host_send kSend{sizeof(gardu_host_send), 0, &send};

// ---- gardu.journal/1
inline int32_t journal_read(void* context, const gardu_journal_query* query,
                            int32_t (*on_event)(void* user, const gardu_event* event), void* user,
                            gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_JOURNAL, "read", Tag::started, error, [&](State& s) {
    if (!GARDU_HAS(query, gardu_journal_query, account_id))
      return s.too_short("gardu.journal/1 read", "gardu_journal_query");
    if (query->workspace_id.size == 0) return Status::invalid("workspace_id is required");
    if (query->limit > 1000) return Status::invalid("limit is at most 1000");
    std::vector<FakeEvent> found;
    {
      const std::lock_guard lock(s.mutex);
      const auto fits = [](gardu_str wanted, const std::string& has) {
        return wanted.size == 0 || view(wanted) == has;
      };
      for (const FakeEvent& e : s.journal)
        if (e.seq > query->after_seq && fits(query->workspace_id, e.workspace_id) &&
            fits(query->contact_id, e.contact_id) && fits(query->account_id, e.account_id) &&
            (query->types == 0 || (e.type < 64 && ((query->types >> e.type) & 1U) != 0)))
          found.push_back(e);
    }
    std::sort(found.begin(), found.end(),
              [](const FakeEvent& a, const FakeEvent& b) { return a.seq < b.seq; });
    found.resize(std::min<size_t>(found.size(), query->limit == 0 ? 1000 : query->limit));
    for (const FakeEvent& e : found) {
      const gardu_event* shown = show_event(s, e);
      const bool more = on_event(user, shown) != 0;
      hide_event(s, shown);
      if (!more) break;
    }
    return Status{};
  });
}
inline int32_t journal_range(void* context, int64_t* oldest, int64_t* newest) noexcept {
  return serve(context, GARDU_EXT_JOURNAL, "range", Tag::started, nullptr, [&](State& s) {
    const std::lock_guard lock(s.mutex);
    *newest = s.next_seq - 1;
    *oldest = s.journal.empty() ? s.next_seq : s.journal.front().seq;
    for (const FakeEvent& e : s.journal) *oldest = std::min(*oldest, e.seq);
    return Status{};
  });
}
inline int32_t journal_cut(void* context, gardu_str workspace_id, int64_t* seq,
                           gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_JOURNAL, "cut", Tag::started, error, [&](State& s) {
    const std::lock_guard lock(s.mutex);
    const auto it = s.journal_cuts.find(std::string(view(workspace_id)));
    *seq = it == s.journal_cuts.end() ? 0 : it->second;
    return Status{};
  });
}
inline constexpr gardu_host_journal kJournal{sizeof(gardu_host_journal), 0, &journal_read,
                                             &journal_range, &journal_cut};

}  // namespace gardu::testing::detail
