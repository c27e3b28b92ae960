// SPDX-License-Identifier: Apache-2.0
// What the host asks of a transport, as tasks on the plugin's thread.
#include "plugins/instance.hpp"

namespace gardu::host {

bool PluginInstance::connect(Account account, std::function<void(const Status&)> done) {
  if (!running() || transport_ == nullptr) return false;
  return mailbox_->post_control([this, account = std::move(account), done = std::move(done)] {
    if (!delivering_) return;
    gardu_account a{};
    a.size = sizeof a;
    a.id = str(account.id);
    a.workspace_id = str(account.workspace_id);
    a.name = str(account.name);
    a.address = str(account.address);
    a.credentials = str(account.credentials);
    a.metadata = str(account.metadata);
    gardu_error error = Status::record();
    const std::int32_t code = transport_->connect(plugin_.self, &a, &error);
    if (done) done(Status::read_from(code, error));
  });
}

bool PluginInstance::disconnect(std::string account_id) {
  if (!running() || transport_ == nullptr) return false;
  return mailbox_->post_control([this, account_id = std::move(account_id)] {
    if (!delivering_) return;
    gardu_error error = Status::record();
    if (transport_->disconnect(plugin_.self, str(account_id), &error) != GARDU_OK)
      note_error(std::string("disconnect failed: ") + error.message);
  });
}

namespace {

struct PendingSend {
  std::function<void(SendOutcome)> done;
};

void complete_send(void* context, const gardu_send_outcome* outcome) noexcept {
  const std::unique_ptr<PendingSend> pending(static_cast<PendingSend*>(context));
  try {
    SendOutcome out;
    if (outcome->status == GARDU_OK) {
      out.accepted = {std::string(view(outcome->provider_message_id)),
                      std::string(view(outcome->raw_id)), std::string(view(outcome->peer_address)),
                      outcome->confirmed != 0};
    } else {
      gardu_error none = Status::record();
      out.status = Status::read_from(outcome->status, outcome->error ? *outcome->error : none);
    }
    pending->done(std::move(out));
  } catch (...) {
    // `done` only hands over; if even that fails, the lease runs out and the message goes again.
  }
}

}  // namespace

bool PluginInstance::send(OutboundMessage outbound, std::function<void(SendOutcome)> done) {
  if (!running() || transport_ == nullptr) return false;
  const auto shared = std::make_shared<OutboundMessage>(std::move(outbound));
  const auto run = [this, shared, done] {
    const OutboundMessage& o = *shared;
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
    auto pending = std::make_unique<PendingSend>(PendingSend{done});
    gardu_error error = Status::record();
    const std::int32_t code =
        transport_->send(plugin_.self, &out, {pending.get(), &complete_send}, &error);
    if (code == GARDU_OK) {
      (void)pending.release();  // the completion has it
    } else {
      done({Status::read_from(code, error), {}});
    }
  };
  return mailbox_->post({run, [done] {
                           done({Status::not_connected("the transport is stopping"), {}});
                         }});
}

}  // namespace gardu::host
