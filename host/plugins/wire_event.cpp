// SPDX-License-Identifier: Apache-2.0
#include "plugins/wire_event.hpp"

#include <cstring>
#include <type_traits>

namespace gardu::host::wire {
namespace {

// The fields in their order, written once for both directions.
template <class Io, class M>
void message_fields(Io&& io, M& m) {
  io(m.type, m.direction, m.chat_type, m.status, m.priority, m.forwarded, m.id, m.workspace_id,
     m.account_id, m.contact_id, m.client_ref, m.provider_message_id, m.text, m.content,
     m.reply_to_message_id, m.reply_to_provider_id, m.sender_address, m.sender_name, m.sent_by_kind,
     m.sent_by_id, m.metadata, m.created_at);
}
template <class Io, class E>
void event_fields(Io&& io, E& e) {
  io(e.type, e.flags, e.seq, e.occurred_at, e.recorded_at, e.id, e.type_name, e.workspace_id,
     e.account_id, e.contact_id, e.source, e.data, e.origin_socket);
}
template <class Io, class C>
void contact_fields(Io&& io, C& c) {
  io(c.is_group, c.id, c.account_id, c.address, c.phone, c.name);
}
template <class Io, class P>
void publication_fields(Io&& io, P& p) {
  io(p.type, p.occurred_at, p.type_name, p.workspace_id, p.account_id, p.target, p.text, p.data);
}
template <class Io, class M>
void inbound_fields(Io&& io, M& m) {
  io(m.type, m.direction, m.forwarded, m.provider_message_id, m.raw_id, m.text, m.content,
     m.metadata, m.reply_to_provider_id, m.sender_address, m.sender_name);
}
template <class Io, class S>
void status_fields(Io&& io, S& s) {
  io(s.status, s.provider_message_id, s.message_id, s.participant, s.error_code, s.error_title,
     s.error_detail, s.error_retryable);
}

auto into(Writer& out) {
  return [&out](const auto&... fields) { (out.put(fields), ...); };
}
auto from(Reader& in) {
  return [&in](auto&... fields) { in.into(fields...); };
}

}  // namespace

void put_message(Writer& out, const gardu_message& m) { message_fields(into(out), m); }

namespace {

// An event is measured, then written in one go: there are many of them, and a string that grows
// field by field costs more than all else.
class Measure {
 public:
  template <Number T>
  void put(T) {
    size_ += sizeof(T);
  }
  void put(gardu_str s) { size_ += sizeof(std::uint32_t) + static_cast<std::size_t>(s.size); }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};
class Fill {
 public:
  explicit Fill(char* to) : to_(to) {}
  template <Number T>
  void put(T v) {
    std::memcpy(to_, &v, sizeof v);
    to_ += sizeof v;
  }
  void put(gardu_str s) {
    put(length_of(s.size));
    if (s.size == 0) return;
    std::memcpy(to_, s.data, static_cast<std::size_t>(s.size));
    to_ += s.size;
  }

 private:
  char* to_;
};

template <class Out>
void emit(Out& out, const gardu_event& e) {
  const auto fields = [&out](const auto&... field) { (out.put(field), ...); };
  event_fields(fields, e);
  out.put(e.message != nullptr);
  if (e.message != nullptr) message_fields(fields, *e.message);
  out.put(e.contact != nullptr);
  if (e.contact != nullptr) contact_fields(fields, *e.contact);
}

}  // namespace

void take_message(Reader& in, gardu_message& m) {
  m = {};
  m.size = sizeof m;
  message_fields(from(in), m);
}

void put_event(Writer& out, const gardu_event& e) {
  Measure measure;
  emit(measure, e);
  Fill fill(out.grow(measure.size()));
  emit(fill, e);
}

void ReceivedEvents::take_event(Reader& in, One& one) {
  one.event.size = sizeof one.event;
  event_fields(from(in), one.event);
  if (in.get<bool>()) {
    take_message(in, one.message);
    one.event.message = &one.message;
  }
  if (in.get<bool>()) {
    one.contact.size = sizeof one.contact;
    contact_fields(from(in), one.contact);
    one.event.contact = &one.contact;
  }
}

ReceivedEvents* ReceivedEvents::read(std::shared_ptr<const std::string> bytes, Reader& in,
                                     std::uint32_t count) {
  static_assert(std::is_standard_layout_v<One>);
  auto all = std::unique_ptr<ReceivedEvents>(new ReceivedEvents);
  all->bytes_ = std::move(bytes);
  all->events_.resize(count);
  all->views_.reserve(count);
  for (One& one : all->events_) {
    one.all = all.get();
    take_event(in, one);
    all->views_.push_back(&one.event);
  }
  return all.release();
}

const gardu_event* ReceivedEvents::retain(void*, const gardu_event* event) noexcept {
  reinterpret_cast<const One*>(event)->all->references_.fetch_add(1, std::memory_order_relaxed);
  return event;
}
void ReceivedEvents::release(void*, const gardu_event* event) noexcept {
  reinterpret_cast<const One*>(event)->all->unref();
}
void ReceivedEvents::unref() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void put_incoming(Writer& out, const Incoming& item) {
  const Publication& p = item.publication;
  out.put(item.refused);
  publication_fields(into(out), p);
  out.put(p.peer.has_value());
  if (p.peer) {
    out.put(static_cast<std::uint64_t>(p.peer->identities.size()));
    for (const Identity& id : p.peer->identities) out.put(id.kind, id.value);
    out.put(p.peer->address, p.peer->name, p.peer->is_group);
  }
  out.put(p.message.has_value());
  if (p.message) inbound_fields(into(out), *p.message);
  out.put(p.status.has_value());
  if (p.status) status_fields(into(out), *p.status);
}

Incoming take_incoming(Reader& in) {
  Incoming item;
  Publication& p = item.publication;
  in.take(item.refused);
  publication_fields(from(in), p);
  if (in.get<bool>()) {
    Peer& peer = p.peer.emplace();
    const auto count = in.get<std::uint64_t>();
    for (std::uint64_t i = 0; i < count; ++i) {
      Identity& id = peer.identities.emplace_back();
      in.into(id.kind, id.value);
    }
    in.into(peer.address, peer.name, peer.is_group);
  }
  if (in.get<bool>()) inbound_fields(from(in), p.message.emplace());
  if (in.get<bool>()) status_fields(from(in), p.status.emplace());
  return item;
}

void put_result(Writer& out, const gardu_publish_result& r) {
  out.put(r.status, r.flags, r.seq, std::string_view(r.message_id), std::string_view(r.contact_id),
          std::string_view(r.detail));
}
gardu_publish_result take_result(Reader& in) {
  gardu_publish_result r{};
  r.size = sizeof r;
  in.into(r.status, r.flags, r.seq);
  const auto text = [&](auto& field) {
    const auto v = in.get<std::string_view>();
    std::memcpy(field, v.data(), std::min(v.size(), sizeof field - 1));
  };
  text(r.message_id);
  text(r.contact_id);
  text(r.detail);
  return r;
}

}  // namespace gardu::host::wire
