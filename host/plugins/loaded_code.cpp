// SPDX-License-Identifier: Apache-2.0
#include "plugins/loaded_code.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace gardu::host {
namespace {

// Calls the plugin: f(error) returns its code.
template <class F>
Status guarded(F&& f) {
  gardu_error error = Status::record();
  try {
    const std::int32_t code = f(&error);
    return Status::read_from(code, error);
  } catch (const std::exception& e) {
    return Status::internal(std::string("it threw across the boundary: ") + e.what());
  } catch (...) {
    return Status::internal("it threw across the boundary");
  }
}

void complete_send(void* context, const gardu_send_outcome* outcome) noexcept {
  const std::unique_ptr<PluginCode::SendDone> done(static_cast<PluginCode::SendDone*>(context));
  try {
    SendOutcome out;
    if (outcome->status == GARDU_OK) {
      out.accepted = {std::string(view(outcome->provider_message_id)),
                      std::string(view(outcome->raw_id)), std::string(view(outcome->peer_address)),
                      outcome->confirmed != 0};
    } else {
      const gardu_error none = Status::record();
      out.status = Status::read_from(outcome->status, outcome->error ? *outcome->error : none);
    }
    (*done)(std::move(out));
  } catch (...) {
    // `done` only hands over; if even that fails, the lease runs out and the message goes again.
  }
}

void complete_action(void* context, std::int32_t status, gardu_str data,
                     const gardu_error* error) noexcept {
  const std::unique_ptr<PluginCode::ActionDone> done(static_cast<PluginCode::ActionDone*>(context));
  try {
    const gardu_error none = Status::record();
    (*done)(Status::read_from(status, error != nullptr ? *error : none), std::string(view(data)));
  } catch (...) {
    // Whoever asked has a time limit of his own.
  }
}

}  // namespace

Status LoadedCode::start(const std::string& settings) {
  Status status = run(settings);
  if (!status.ok()) {
    return status;  // whoever started it stops it
  }
  find_transport();
  return status;
}

Status LoadedCode::run(const std::string& settings) {
  plugin_ = {};
  plugin_.size = sizeof plugin_;
  Status status = guarded([&](gardu_error* e) { return create_(&host_, &plugin_, e); });
  if (!status.ok()) {
    plugin_ = {};
    return {static_cast<gardu_status>(status.code()), "create failed: " + status.message()};
  }
  if (plugin_.start == nullptr || plugin_.stop == nullptr || plugin_.destroy == nullptr) {
    plugin_ = {};
    return Status::invalid("its table lacks start, stop or destroy");
  }
  status = guarded([&](gardu_error* e) { return plugin_.start(plugin_.self, str(settings), e); });
  if (status.ok() || status.code() == GARDU_UNCONFIGURED) return status;
  return {static_cast<gardu_status>(status.code()), "start failed: " + status.message()};
}

void LoadedCode::find_transport() {
  if ((roles_ & GARDU_ROLE_TRANSPORT) == 0 || plugin_.extension == nullptr) return;
  (void)guarded([&](gardu_error*) {
    transport_ =
        static_cast<const gardu_transport*>(plugin_.extension(plugin_.self, GARDU_EXT_TRANSPORT));
    if (transport_ != nullptr) {
      info_ = {};
      info_.size = sizeof info_;
      transport_->describe(plugin_.self, &info_);
    }
    return GARDU_OK;
  });
}

Status LoadedCode::stop(const std::function<void()>& settle) {
  if (plugin_.stop == nullptr) return {};
  const gardu_plugin plugin = std::exchange(plugin_, {});
  transport_ = nullptr;
  const Status status = guarded([&](gardu_error* e) { return plugin.stop(plugin.self, e); });
  if (settle) settle();
  (void)guarded([&](gardu_error*) {
    plugin.destroy(plugin.self);
    return GARDU_OK;
  });
  return status;
}

Status LoadedCode::on_events(std::span<const EventRef> events, std::span<std::int32_t> results,
                             std::string& why) {
  std::vector<const gardu_event*> views;
  views.reserve(events.size());
  for (const EventRef& e : events) views.push_back(&e->view());
  return on_views(views, results, why);
}

Status LoadedCode::on_views(std::span<const gardu_event* const> events,
                            std::span<std::int32_t> results, std::string& why) {
  if (plugin_.on_events == nullptr) return {};
  return guarded([&](gardu_error* e) {
    const std::int32_t code = plugin_.on_events(
        plugin_.self, events.data(), static_cast<std::uint32_t>(events.size()), results.data(), e);
    why = e->message;
    return code;
  });
}

Status LoadedCode::connect(const Account& account) {
  gardu_account a{};
  a.size = sizeof a;
  a.id = str(account.id);
  a.workspace_id = str(account.workspace_id);
  a.name = str(account.name);
  a.address = str(account.address);
  a.credentials = str(account.credentials);
  a.metadata = str(account.metadata);
  if (transport_ == nullptr) return Status::not_connected("the transport is not running");
  return guarded([&](gardu_error* e) { return transport_->connect(plugin_.self, &a, e); });
}

Status LoadedCode::disconnect(std::string_view account_id) {
  if (transport_ == nullptr) return {};
  return guarded(
      [&](gardu_error* e) { return transport_->disconnect(plugin_.self, str(account_id), e); });
}

void LoadedCode::send(const OutboundMessage& o, SendDone done) {
  gardu_message message{};
  const MessageTexts texts = texts_of(o.message);
  fill_view(o.message, texts, message);
  std::vector<gardu_identity> identities;
  for (const Identity& id : o.identities)
    identities.push_back({static_cast<std::uint32_t>(id.kind), 0, str(id.value)});
  gardu_outbound out{};
  out.size = sizeof out;
  out.attempt = o.attempt;
  out.message = &message;
  out.to = str(o.to);
  out.account_address = str(o.account_address);
  out.identities = identities.data();
  out.identity_count = static_cast<std::uint32_t>(identities.size());
  send_view(out, std::move(done));
}

void LoadedCode::send_view(const gardu_outbound& out, SendDone done) {
  if (transport_ == nullptr) return done({Status::not_connected("the transport is stopped"), {}});
  auto pending = std::make_unique<SendDone>(std::move(done));
  const Status status = guarded([&](gardu_error* e) {
    return transport_->send(plugin_.self, &out, {pending.get(), &complete_send}, e);
  });
  if (status.ok()) {
    (void)pending.release();  // the completion has it
  } else {
    (*pending)({status, {}});
  }
}

void LoadedCode::act(const ActionRequest& a, ActionDone done) {
  if (transport_ == nullptr || !GARDU_HAS(transport_, gardu_transport, act) ||
      transport_->act == nullptr)
    return done(Status::unsupported("this transport takes no actions"), {});
  gardu_action action{};
  action.size = sizeof action;
  action.kind = a.kind;
  action.account_id = str(a.account_id);
  action.to = str(a.to);
  action.target = str(a.target);
  action.text = str(a.text);
  action.value = a.value;
  auto pending = std::make_unique<ActionDone>(std::move(done));
  const Status status = guarded([&](gardu_error* e) {
    return transport_->act(plugin_.self, &action, {pending.get(), &complete_action}, e);
  });
  if (status.ok()) {
    (void)pending.release();
  } else {
    (*pending)(status, {});
  }
}

}  // namespace gardu::host
