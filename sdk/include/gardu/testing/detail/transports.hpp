// SPDX-License-Identifier: Apache-2.0
//
// For harness.hpp: what a transport is asked.
#pragma once
#include "../harness.hpp"
#include "ends.hpp"

namespace gardu::testing {

struct SendOutcome::Slot {
  detail::State* state;
  detail::Duty* duty;
  mutable std::mutex mutex;
  bool told = false;
  bool confirmed = false;
  Status status = Status::internal("the transport has not told what came of it");
  std::string provider_message_id, raw_id, peer_address;
};
inline bool SendOutcome::told() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->told;
}
inline Status SendOutcome::status() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->status;
}
inline std::string SendOutcome::provider_message_id() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->provider_message_id;
}
inline std::string SendOutcome::raw_id() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->raw_id;
}
inline std::string SendOutcome::peer_address() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->peer_address;
}
inline bool SendOutcome::confirmed() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->confirmed;
}

struct ActionOutcome::Slot {
  detail::State* state;
  detail::Duty* duty;
  mutable std::mutex mutex;
  bool told = false;
  Status status = Status::internal("the transport has not told what came of it");
  std::string data;
};
inline bool ActionOutcome::told() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->told;
}
inline Status ActionOutcome::status() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->status;
}
inline std::string ActionOutcome::data() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->data;
}

namespace detail {

inline Status told_status(State& s, std::string_view where, int32_t code,
                          const gardu_error* error) {
  if (code == GARDU_OK) return {};
  if (error == nullptr) return {static_cast<gardu_status>(code), {}};
  if (!GARDU_HAS(error, gardu_error, message)) return s.too_short(where, "gardu_error");
  s.check_secrets(std::string(where) + "'s error", error->message);
  return Status::read_from(code, *error);
}
inline void send_done(void* context, const gardu_send_outcome* outcome) noexcept {
  auto& slot = *static_cast<SendOutcome::Slot*>(context);
  State& s = *slot.state;
  const Note note(s);
  constexpr std::string_view kFunction = "gardu_completion done";
  if (!s.tell(*slot.duty)) return;
  const bool whole = GARDU_HAS(outcome, gardu_send_outcome, error);
  Status status = whole ? told_status(s, kFunction, outcome->status, outcome->error)
                        : s.too_short(kFunction, "gardu_send_outcome");
  const std::lock_guard lock(slot.mutex);
  slot.told = true;
  slot.status = std::move(status);
  if (!whole) return;
  slot.provider_message_id = s.take(kFunction, "provider_message_id", outcome->provider_message_id);
  slot.raw_id = s.take(kFunction, "raw_id", outcome->raw_id);
  slot.peer_address = s.take(kFunction, "peer_address", outcome->peer_address);
  slot.confirmed = outcome->confirmed != 0;
}
inline void action_done(void* context, int32_t code, gardu_str data,
                        const gardu_error* error) noexcept {
  auto& slot = *static_cast<ActionOutcome::Slot*>(context);
  State& s = *slot.state;
  const Note note(s);
  constexpr std::string_view kFunction = "gardu_action_done done";
  if (!s.tell(*slot.duty)) return;
  Status status = told_status(s, kFunction, code, error);
  const std::lock_guard lock(slot.mutex);
  slot.told = true;
  slot.status = std::move(status);
  slot.data = s.take(kFunction, "data", data);
}
// The call itself was refused: nothing will be told.
template <class Slot>
void refuse_slot(State& s, Slot& slot, const Status& why) {
  bool told_before = false;
  {
    const std::lock_guard lock(s.mutex);
    if (slot.duty != nullptr) {
      told_before = slot.duty->told > 0;
      slot.duty->taken_back = true;
      if (told_before)
        s.fault_locked(slot.duty->what + ": told although the call was refused (" +
                       slot.duty->rule + ")");
    }
  }
  const std::lock_guard lock(slot.mutex);
  slot.told = true;
  slot.status = why;
}

}  // namespace detail

inline FakeOutbound outbound_text(std::string_view text, std::string_view to) {
  FakeOutbound out;
  out.message.text = text;
  out.message.direction = GARDU_OUTBOUND;
  out.message.status = GARDU_STATUS_PENDING;
  out.message.sent_by_kind = "api";
  out.message.contact_id = fake_contact(to).id;
  out.to = to;
  return out;
}
inline Account fake_account(std::string_view credentials) {
  return {std::string(kAccount),
          std::string(kWorkspace),
          "Test",
          "+62800",
          std::string(credentials),
          "{}"};
}

inline const gardu_transport* PluginHarness::transport() const {
  if (!created_ || plugin_->extension == nullptr) return nullptr;
  return static_cast<const gardu_transport*>(
      plugin_->extension(plugin_->self, GARDU_EXT_TRANSPORT));
}
inline bool PluginHarness::is_transport() const { return transport() != nullptr; }
inline gardu_transport_info PluginHarness::describe() const {
  gardu_transport_info info{};
  info.size = sizeof info;
  if (const auto* t = transport()) t->describe(plugin_->self, &info);
  return info;
}

inline Status PluginHarness::connect(const Account& account) {
  const auto* t = transport();
  if (t == nullptr || !started_) return Status::unsupported("no transport that is started");
  host_.mark_secret(account.credentials.size() > 2 ? account.credentials : std::string());
  return call("connect", [&](gardu_error* error) {
    detail::Shown shown;
    auto* a = shown.sized<gardu_account>();
    a->id = shown.text(account.id);
    a->workspace_id = shown.text(account.workspace_id);
    a->name = shown.text(account.name);
    a->address = shown.text(account.address);
    a->credentials = shown.text(account.credentials);
    a->metadata = shown.text(account.metadata);
    const int32_t code = t->connect(plugin_->self, a, error);
    host_.state().bury(shown);
    return code;
  });
}
inline Status PluginHarness::disconnect(std::string_view account_id) {
  const auto* t = transport();
  if (t == nullptr || !started_) return Status::unsupported("no transport that is started");
  return call("disconnect", [&](gardu_error* error) {
    detail::Shown shown;
    const int32_t code = t->disconnect(plugin_->self, shown.text(account_id), error);
    host_.state().bury(shown);
    return code;
  });
}

inline SendOutcome PluginHarness::send(FakeOutbound out) {
  detail::State& s = host_.state();
  SendOutcome outcome;
  outcome.slot_ = std::make_shared<SendOutcome::Slot>();
  SendOutcome::Slot& slot = *outcome.slot_;
  slot.state = &s;
  const auto* t = transport();
  if (t == nullptr || !started_) {
    detail::refuse_slot(s, slot, Status::unsupported("no transport that is started"));
    return outcome;
  }
  if (out.message.id.empty()) {
    const std::lock_guard lock(s.mutex);
    out.message.id = fake_id("outbound", std::to_string(s.order_locked()));
  }
  if (out.identities.empty()) out.identities.push_back({GARDU_IDENTITY_PHONE, out.to});
  slot.duty =
      s.duty("the completion of the send of " + out.message.id, "exactly once per accepted send");
  slots_.push_back(outcome.slot_);  // told late or twice, it must still be there
  const Status status = call("send", [&](gardu_error* error) {
    detail::Shown shown;
    auto* o = shown.sized<gardu_outbound>();
    o->attempt = out.attempt;
    o->message = detail::show(shown, out.message);
    o->to = shown.text(out.to);
    o->account_address = shown.text(out.account_address);
    auto* identities = shown.make<gardu_identity>(out.identities.size());
    for (size_t i = 0; i < out.identities.size(); ++i)
      identities[i] = {static_cast<uint32_t>(out.identities[i].kind), 0,
                       shown.text(out.identities[i].value)};
    o->identities = identities;
    o->identity_count = static_cast<uint32_t>(out.identities.size());
    const int32_t code = t->send(plugin_->self, o, {&slot, &detail::send_done}, error);
    s.bury(shown);
    return code;
  });
  if (!status.ok()) detail::refuse_slot(s, slot, status);
  return outcome;
}

inline ActionOutcome PluginHarness::act(const FakeAction& action) {
  detail::State& s = host_.state();
  ActionOutcome outcome;
  outcome.slot_ = std::make_shared<ActionOutcome::Slot>();
  ActionOutcome::Slot& slot = *outcome.slot_;
  slot.state = &s;
  const auto* t = transport();
  if (t == nullptr || !started_ || !GARDU_HAS(t, gardu_transport, act) || t->act == nullptr) {
    detail::refuse_slot(s, slot, Status::unsupported("no actions, or not started"));
    return outcome;
  }
  slot.duty = s.duty("the completion of the action " + std::to_string(action.kind),
                     "exactly once per accepted action");
  slots_.push_back(outcome.slot_);
  const Status status = call("act", [&](gardu_error* error) {
    detail::Shown shown;
    auto* a = shown.sized<gardu_action>();
    a->kind = action.kind;
    a->account_id = shown.text(action.account_id);
    a->to = shown.text(action.to);
    a->target = shown.text(action.target);
    a->text = shown.text(action.text);
    a->value = action.value;
    const int32_t code = t->act(plugin_->self, a, {&slot, &detail::action_done}, error);
    s.bury(shown);
    return code;
  });
  if (!status.ok()) detail::refuse_slot(s, slot, status);
  return outcome;
}

}  // namespace gardu::testing
