// SPDX-License-Identifier: Apache-2.0
#include "plugins/instance.hpp"

#include <gardu/abi/ext/log.h>

#include <algorithm>

#include "plugins/host_table.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kMailboxCapacity = 10'000;
constexpr std::uint32_t kDefaultBatch = 64;
constexpr std::uint32_t kAttempts = 5;          // at one event of a durable subscriber
constexpr std::int64_t kIdleCursorStep = 1000;  // seqs without a wanted event before it is saved

}  // namespace

std::string_view to_string(PluginState state) {
  switch (state) {
    case PluginState::loaded:
      return "loaded";
    case PluginState::starting:
      return "starting";
    case PluginState::running:
      return "running";
    case PluginState::unconfigured:
      return "unconfigured";
    case PluginState::stopped:
      return "stopped";
    case PluginState::failed:
      return "failed";
  }
  return "failed";
}

PluginInstance::PluginInstance(PluginFile file, std::string settings, std::string data_dir,
                               std::string host_version, PluginServices& services)
    : file_(std::move(file)),
      id_(file_.id()),
      settings_(std::move(settings)),
      data_dir_(std::move(data_dir)),
      host_version_(std::move(host_version)),
      services_(services) {
  batch_ = file_.manifest.max_batch == 0 ? kDefaultBatch : file_.manifest.max_batch;
  host_ = make_host_table(*this);
  host_.version = str(host_version_);
  host_.plugin_id = str(id_);
  host_.data_dir = str(data_dir_);
}

PluginInstance::~PluginInstance() { stop(); }

PluginInstance::Info PluginInstance::info() const {
  Info out;
  out.state = state();
  out.events = events_.load(std::memory_order_relaxed);
  out.errors = errors_.load(std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    out.reason = reason_;
    out.last_error = last_error_;
    if (mailbox_) out.mailbox = mailbox_->depth();
  }
  const std::lock_guard lock(subscription_mutex_);
  if (subscription_) out.lag = subscription_->lag();
  return out;
}

void PluginInstance::set_state(PluginState state, const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    reason_ = reason;
    state_.store(state, std::memory_order_release);
  }
  state_changed_.notify_all();
  services_.state_changed(id_, to_string(state), reason);
}

void PluginInstance::refuse(const std::string& reason) { set_state(PluginState::failed, reason); }

void PluginInstance::note_error(const std::string& what) {
  errors_.fetch_add(1, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    last_error_ = what;
  }
  services_.log(id_, GARDU_LOG_ERROR, what);
}

void PluginInstance::start(gardu_plugin_create_fn create, std::chrono::milliseconds limit) {
  set_state(PluginState::starting, {});
  {
    const std::lock_guard lock(mutex_);
    mailbox_ = std::make_unique<Mailbox>(kMailboxCapacity, [this] { return deliver(); });
  }
  mailbox_->post_control([this, create] { start_on_thread(create); });
  std::unique_lock lock(mutex_);
  if (!state_changed_.wait_for(lock, limit, [this] { return state() != PluginState::starting; })) {
    lock.unlock();
    services_.log(id_, GARDU_LOG_WARN, "is still starting; the host goes on without waiting");
  }
}

void PluginInstance::start_on_thread(gardu_plugin_create_fn create) {
  gardu_error error = Status::record();
  plugin_ = {};
  plugin_.size = sizeof plugin_;
  std::int32_t code = GARDU_INTERNAL;
  try {  // a second barrier: a plugin without the C++ layer may throw
    code = create(&host_, &plugin_, &error);
    if (code == GARDU_OK &&
        (plugin_.start == nullptr || plugin_.stop == nullptr || plugin_.destroy == nullptr)) {
      plugin_ = {};
      set_state(PluginState::failed, "its table lacks start, stop or destroy");
      return;
    }
    if (code != GARDU_OK) {
      plugin_ = {};
      set_state(PluginState::failed, std::string("create failed: ") + error.message);
      return;
    }
    error = Status::record();
    delivering_ = true;  // services work during start
    code = plugin_.start(plugin_.self, str(settings_), &error);
  } catch (...) {
    code = Status::internal("it threw across the boundary").write_to(&error);
  }
  if (code != GARDU_OK) {
    const std::string why = error.message;
    stop_on_thread();
    if (code == GARDU_UNCONFIGURED) {
      set_state(PluginState::unconfigured, why);
    } else {
      set_state(PluginState::failed, "start failed: " + why);
    }
    return;
  }
  if (file_.has_role(GARDU_ROLE_TRANSPORT) && plugin_.extension != nullptr) {
    transport_ =
        static_cast<const gardu_transport*>(plugin_.extension(plugin_.self, GARDU_EXT_TRANSPORT));
    if (transport_ != nullptr) {
      transport_info_ = {};
      transport_info_.size = sizeof transport_info_;
      transport_->describe(plugin_.self, &transport_info_);
    }
  }
  if (file_.has_role(GARDU_ROLE_SUBSCRIBER) && plugin_.on_events != nullptr) {
    std::int64_t after = -1;
    if (file_.manifest.delivery == GARDU_DELIVERY_DURABLE) {
      // The first start begins at the present; from then on the cursor says where.
      after = services_.cursor(id_).value_or(-1);
    }
    auto subscription =
        services_.feed().subscribe(file_.manifest.subscribes, after, [this] { mailbox_->wake(); });
    committed_ = subscription->seen();
    if (file_.manifest.delivery == GARDU_DELIVERY_DURABLE && after < 0)
      services_.commit_batch(id_, committed_, {});
    const std::lock_guard lock(subscription_mutex_);
    subscription_ = std::move(subscription);
  }
  set_state(PluginState::running, {});
  mailbox_->wake();
}

void PluginInstance::stop_on_thread() {
  delivering_ = false;
  services_.remove_routes(id_);
  mailbox_->shut();  // before the plugin ends: what waits must not call into it afterwards
  {
    const std::lock_guard lock(subscription_mutex_);
    subscription_.reset();
  }
  if (plugin_.self == nullptr && plugin_.stop == nullptr) return;
  try {
    gardu_error error = Status::record();
    if (plugin_.stop(plugin_.self, &error) != GARDU_OK)
      note_error(std::string("stop failed: ") + error.message);
    plugin_.destroy(plugin_.self);
  } catch (...) {
    note_error("it threw across the boundary in stop");
  }
  plugin_ = {};
}

void PluginInstance::stop() {
  if (!mailbox_) return;
  mailbox_->post_control([this] { stop_on_thread(); });  // refused when it was closed before
  mailbox_->close();
  if (const auto s = state(); s == PluginState::running || s == PluginState::starting)
    set_state(PluginState::stopped, {});
}

bool PluginInstance::call_on_events(const std::vector<EventRef>& events, std::string& why) {
  std::vector<const gardu_event*> views;
  views.reserve(events.size());
  for (const EventRef& e : events) views.push_back(&e->view());
  std::vector<std::int32_t> results(events.size(), GARDU_OK);
  gardu_error error = Status::record();
  std::int32_t code = GARDU_INTERNAL;
  try {
    code = plugin_.on_events(plugin_.self, views.data(), static_cast<std::uint32_t>(views.size()),
                             results.data(), &error);
  } catch (...) {
    code = Status::internal("it threw across the boundary").write_to(&error);
  }
  events_.fetch_add(events.size(), std::memory_order_relaxed);
  if (code != GARDU_OK) {
    why = std::string("on_events failed: ") + error.message;
    return false;
  }
  const auto bad =
      std::find_if(results.begin(), results.end(), [](auto r) { return r != GARDU_OK; });
  if (bad == results.end()) return true;
  const EventRef& event = events[static_cast<std::size_t>(bad - results.begin())];
  why = "event " + event->entry().id + " (seq " + std::to_string(event->view().seq) +
        ") was answered with status " + std::to_string(*bad);
  return false;
}

bool PluginInstance::deliver() {
  if (!subscription_ || !running()) return false;
  if (std::chrono::steady_clock::now() < pause_until_) return false;  // a timer wakes us
  try {
    const auto events = subscription_->poll(attempts_ > 0 ? 1 : batch_);
    const bool durable = file_.manifest.delivery == GARDU_DELIVERY_DURABLE;
    if (events.empty()) {
      if (durable && subscription_->seen() - committed_ >= kIdleCursorStep) {
        services_.commit_batch(id_, subscription_->seen(), {});
        committed_ = subscription_->seen();
      }
    } else if (durable) {
      deliver_durable(events);
    } else {
      deliver_live(events);
    }
  } catch (const std::exception& e) {
    retry_later(committed_, e.what());
  }
  return subscription_->pending() && std::chrono::steady_clock::now() >= pause_until_;
}

void PluginInstance::deliver_live(const std::vector<EventRef>& events) {
  std::string why;
  if (!call_on_events(events, why)) note_error(why);
}

// Everything that the plugin sends meanwhile is kept back and committed with the cursor. If
// anything fails, none of it happened: the events come again, one by one, so that one bad event
// cannot hold its neighbours' effects back.
void PluginInstance::deliver_durable(const std::vector<EventRef>& events) {
  std::string why;
  batch_sends_.clear();
  in_durable_batch_ = true;
  const bool fine = call_on_events(events, why);
  in_durable_batch_ = false;
  auto sends = std::exchange(batch_sends_, {});
  const std::int64_t last = subscription_->seen();
  if (!fine && attempts_ < kAttempts) {
    for (PluginSend& s : sends)
      if (s.done) s.done(Status::retry("the batch is handled again"));
    retry_later(committed_, why);
    return;
  }
  if (!fine) {
    sends.clear();
    note_error("gave up on " + why + " after " + std::to_string(kAttempts) + " attempts");
  }
  services_.commit_batch(id_, last, std::move(sends));
  committed_ = last;
  attempts_ = 0;
}

void PluginInstance::retry_later(std::int64_t first_seq, const std::string& why) {
  note_error(why);
  if (file_.manifest.delivery != GARDU_DELIVERY_DURABLE) return;
  subscription_->rewind(first_seq);
  const auto delay = std::chrono::milliseconds(100) * (1U << std::min(attempts_, 6U));
  ++attempts_;
  pause_until_ = std::chrono::steady_clock::now() + delay;
  mailbox_->after(delay, {[this] { mailbox_->wake(); }, {}});
}

}  // namespace gardu::host
