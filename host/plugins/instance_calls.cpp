// SPDX-License-Identifier: Apache-2.0
// What the host asks of a plugin, as tasks on its thread.
#include "plugins/http_bridge.hpp"
#include "plugins/instance.hpp"

namespace gardu::host {

bool PluginInstance::connect(Account account, std::function<void(const Status&)> done) {
  if (!running() || !is_transport()) return false;
  return mailbox_->post_control([this, account = std::move(account), done = std::move(done)] {
    const Status status =
        code_ ? code_->connect(account) : Status::not_connected("the transport is stopped");
    if (done) done(status);
  });
}

bool PluginInstance::disconnect(std::string account_id) {
  if (!running() || !is_transport()) return false;
  return mailbox_->post_control([this, account_id = std::move(account_id)] {
    if (!code_) return;
    if (const Status status = code_->disconnect(account_id); !status.ok())
      note_error("disconnect failed: " + status.message());
  });
}

bool PluginInstance::send(OutboundMessage outbound, PluginCode::SendDone done) {
  if (!running() || !is_transport()) return false;
  const auto shared = std::make_shared<OutboundMessage>(std::move(outbound));
  const auto stopped = [done] { done({Status::not_connected("the transport is stopping"), {}}); };
  return mailbox_->post({[this, shared, done, stopped] {
                           if (!code_) return stopped();
                           code_->send(*shared, counted(done));
                         },
                         stopped});
}

bool PluginInstance::act(ActionRequest action, PluginCode::ActionDone done) {
  if (!running() || !is_transport()) return false;
  const auto shared = std::make_shared<ActionRequest>(std::move(action));
  const auto stopped = [done] { done(Status::not_connected("the transport is stopping"), {}); };
  return mailbox_->post({[this, shared, done, stopped] {
                           if (!code_) return stopped();
                           code_->act(*shared, done);
                         },
                         stopped});
}

Status PluginInstance::mount(PluginRoute route) {
  route.handle = [this, handle = std::move(route.handle)](RoutedRequest request,
                                                          http::Responder responder) {
    // During its start it may be called already: the task waits for the end of it.
    if (running() || state() == PluginState::starting) {
      handle(std::move(request), std::move(responder));
    } else {
      answer_unavailable(request, responder);
    }
  };
  {
    const std::lock_guard lock(mutex_);
    if (holding_) {
      staged_.push_back(std::move(route));
      return {};
    }
  }
  return services_.add_route(id_, std::move(route));
}

void PluginInstance::within(Unit& unit, const std::function<void()>& body) {
  const auto thread = std::this_thread::get_id();
  Unit* before = nullptr;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(units_[thread], &unit);
  }
  struct Back {
    PluginInstance& self;
    std::thread::id thread;
    Unit* before;
    ~Back() {
      const std::lock_guard lock(self.mutex_);
      if (before == nullptr) {
        self.units_.erase(thread);
      } else {
        self.units_[thread] = before;
      }
    }
  } const back{*this, thread, before};
  body();
}

Unit* PluginInstance::current_unit() const {
  const std::lock_guard lock(mutex_);
  const auto it = units_.find(std::this_thread::get_id());
  return it == units_.end() ? nullptr : it->second;
}

}  // namespace gardu::host
