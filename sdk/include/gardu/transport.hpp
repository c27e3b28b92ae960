// SPDX-License-Identifier: Apache-2.0
//
// What a transport plugin implements, beside deriving from Plugin:
//
//     class Sms final : public gardu::Plugin, public gardu::Transport { … };
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/ext/transport.h"
#include "event.hpp"
#include "publication.hpp"

namespace gardu {

// An account, owned. `credentials` is a secret: never log it.
struct Account {
  std::string id,   /* ours, a UUID */
      workspace_id, /* whose it is */
      name,         /* for people */
      address,      /* own number or id at the provider */
      credentials,  /* JSON object; a secret */
      metadata;     /* JSON object */
};

// What is to go out; valid during Transport::send.
class Outbound {
 public:
  // Looks at `o`, which must outlive it.
  explicit Outbound(const gardu_outbound& o) noexcept : o_(&o) {}
  // The message. Its id is the reference to give to the provider.
  MessageView message() const noexcept { return MessageView{*o_->message}; }
  // The contact's address.
  std::string_view to() const noexcept { return view(o_->to); }
  // Own number or id at the provider.
  std::string_view account_address() const noexcept { return view(o_->account_address); }
  // 1 for the first.
  uint32_t attempt() const noexcept { return o_->attempt; }
  const gardu_outbound& raw() const noexcept { return *o_; }

 private:
  const gardu_outbound* o_;
};

// The provider's answer to a send that it took.
struct Accepted {
  std::string provider_message_id, /* empty: told later by a status */
      raw_id,                      /* its short form where it has two */
      peer_address;                /* where the provider corrected the address, else empty */
  bool confirmed = false;          // this answer means "sent": the provider gives no earlier signal
};

// The duty to tell the outcome of one send, once, from any thread. Dropped: reported as internal.
class SendCompletion {
 public:
  // Takes over the duty that comes with `c`.
  explicit SendCompletion(gardu_completion c) noexcept : c_(c) {}
  // Takes over the duty; `o` has none left.
  SendCompletion(SendCompletion&& o) noexcept : c_(std::exchange(o.c_, gardu_completion{})) {}
  // Swaps the duties.
  SendCompletion& operator=(SendCompletion&& o) noexcept {
    std::swap(c_, o.c_);
    return *this;
  }
  SendCompletion(const SendCompletion&) = delete;
  SendCompletion& operator=(const SendCompletion&) = delete;
  // Reports internal when nothing was told.
  ~SendCompletion() {
    if (c_.done != nullptr) failed(Status::internal("the transport dropped the send"));
  }

  // The provider took it. Nothing happens when the outcome was told before.
  void accepted(const Accepted& answer) {
    gardu_send_outcome out{};
    out.size = sizeof out;
    out.status = GARDU_OK;
    out.provider_message_id = str(answer.provider_message_id);
    out.raw_id = str(answer.raw_id);
    out.peer_address = str(answer.peer_address);
    out.confirmed = answer.confirmed ? 1 : 0;
    finish(out);
  }
  // It did not; the status's class decides about another try. Likewise once.
  void failed(const Status& why) {
    gardu_error error = Status::record();
    gardu_send_outcome out{};
    out.size = sizeof out;
    out.status = why.write_to(&error);
    out.error = &error;
    finish(out);
  }
  // For the layer: the call failed before it was accepted, so the host expects no completion.
  void disarm() noexcept { c_ = {}; }

 private:
  void finish(const gardu_send_outcome& out) noexcept {
    const gardu_completion c = std::exchange(c_, gardu_completion{});
    if (c.done != nullptr) c.done(c.context, &out);
  }
  gardu_completion c_;
};

// What is asked beyond sending; valid during Transport::act.
class Action {
 public:
  // Looks at `a`, which must outlive it.
  explicit Action(const gardu_action& a) noexcept : a_(&a) {}
  uint32_t kind() const noexcept { return a_->kind; }  // gardu_action_kind; unknown ones may come
  // The account that does it.
  std::string_view account_id() const noexcept { return view(a_->account_id); }
  // The contact's address, where it is of one.
  std::string_view to() const noexcept { return view(a_->to); }
  // Provider id of the message that it is about.
  std::string_view target() const noexcept { return view(a_->target); }
  // Its meaning is up to the kind.
  std::string_view text() const noexcept { return view(a_->text); }
  // Likewise.
  int64_t value() const noexcept { return a_->value; }

 private:
  const gardu_action* a_;
};

// The duty to tell the outcome of one action, once, from any thread. Dropped: reported as internal.
class ActionCompletion {
 public:
  // Takes over the duty that comes with `d`.
  explicit ActionCompletion(gardu_action_done d) noexcept : d_(d) {}
  // Takes over the duty; `o` has none left.
  ActionCompletion(ActionCompletion&& o) noexcept : d_(std::exchange(o.d_, gardu_action_done{})) {}
  // Swaps the duties.
  ActionCompletion& operator=(ActionCompletion&& o) noexcept {
    std::swap(d_, o.d_);
    return *this;
  }
  ActionCompletion(const ActionCompletion&) = delete;
  ActionCompletion& operator=(const ActionCompletion&) = delete;
  // Reports internal when nothing was told.
  ~ActionCompletion() {
    if (d_.done != nullptr) finish(Status::internal("the transport dropped the action"));
  }
  // `data`: a JSON object, or empty.
  void finish(const Status& status, std::string_view data = {}) {
    const gardu_action_done d = std::exchange(d_, gardu_action_done{});
    if (d.done == nullptr) return;
    gardu_error error = Status::record();
    const int32_t code = status.write_to(&error);
    d.done(d.context, code, str(data), &error);
  }

 private:
  gardu_action_done d_;
};

// What moves the messages of its accounts. Storing, ordering, retrying, pacing are the host's.
class Transport {
 public:
  virtual ~Transport() = default;
  // [any-thread] Constant for the plugin's life.
  virtual gardu_transport_info describe() const = 0;
  // [plugin-thread & started] See abi/ext/transport.h.
  virtual Status connect(const Account& account) = 0;
  // [plugin-thread & started] The account was removed or switched off.
  virtual Status disconnect(std::string_view account_id) = 0;
  // [plugin-thread & started] Begins the send, must not wait. An exception counts as internal.
  virtual void send(const Outbound& outbound, SendCompletion completion) = 0;
  // [plugin-thread & started] Begins an action that describe()'s features promise, must not wait.
  virtual void act(const Action& action, ActionCompletion completion) {
    (void)action;
    completion.finish(Status::unsupported("this transport cannot do that"));
  }
};

}  // namespace gardu
