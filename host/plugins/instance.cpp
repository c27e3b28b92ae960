// SPDX-License-Identifier: Apache-2.0
// The life of a plugin: states, start, stop, what happens when its code misbehaves.
#include "plugins/instance.hpp"

#include <gardu/abi/ext/log.h>

#include <algorithm>
#include <future>

namespace gardu::host {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMailboxCapacity = 10'000;
// A process that ends this often within that time is not started again.
constexpr std::size_t kMostEndings = 3;
constexpr std::chrono::minutes kEndingsWithin{10};

std::string seconds_text(std::chrono::microseconds t) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(t).count()) + " s";
}

}  // namespace

std::string_view to_string(PluginState state) {
  static constexpr std::string_view kNames[] = {"loaded",       "starting", "running",
                                                "paused",       "stalled",  "quarantined",
                                                "unconfigured", "stopped",  "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

PluginInstance::PluginInstance(PluginFile file, Options options, PluginServices& services)
    : file_(std::move(file)),
      id_(file_.id()),
      options_(std::move(options)),
      services_(services),
      mailbox_(std::make_shared<Mailbox>(kMailboxCapacity,
                                         [this] { return delivery_ && delivery_->work(); })) {}

PluginInstance::~PluginInstance() { stop(); }

PluginInstance::Info PluginInstance::info() const {
  Info out;
  out.state = state();
  out.errors = errors_.load(std::memory_order_relaxed);
  out.restarts = restarts_.load(std::memory_order_relaxed);
  out.mailbox = mailbox_->depth();
  out.refused = mailbox_->refused();
  const std::lock_guard lock(mutex_);
  out.reason = reason_;
  out.last_error = last_error_;
  if (delivery_) {
    const auto delivery = delivery_->info();
    out.lag = delivery.lag;
    out.events = delivery.events;
    out.dropped = delivery.dropped;
  }
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

void PluginInstance::start(MakeCode make, milliseconds limit, bool hold) {
  make_ = std::move(make);
  holding_ = hold;
  set_state(PluginState::starting, {});
  mailbox_->post_control([this, hold] { start_on_thread(hold); });
  std::unique_lock lock(mutex_);
  const auto begun = [&] { return (hold && ready_) || state() != PluginState::starting; };
  if (!state_changed_.wait_for(lock, limit, begun)) {
    lock.unlock();
    services_.log(id_, GARDU_LOG_WARN, "is still starting; the host goes on without waiting");
  }
}

Status PluginInstance::make_and_start() {
  try {
    code_ = make_(*this);
  } catch (const std::exception& e) {
    return Status::internal(e.what());
  }
  delivering_ = true;  // services work during start
  code_lives_ = true;
  Status status = code_->start(options_.settings);
  if (!status.ok()) return status;
  if (const gardu_transport_info* info = code_->transport(); info != nullptr) {
    transport_info_ = *info;
    is_transport_ = true;
  }
  return status;
}

void PluginInstance::start_on_thread(bool hold) {
  const Status status = make_and_start();
  if (!status.ok()) {
    stop_on_thread();
    set_state(status.code() == GARDU_UNCONFIGURED ? PluginState::unconfigured : PluginState::failed,
              status.message());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ready_ = true;
  }
  state_changed_.notify_all();
  if (!hold) go();
}

void PluginInstance::take_over(milliseconds limit) {
  mailbox_->post_control([this] {
    std::vector<PluginRoute> routes;
    {
      const std::lock_guard lock(mutex_);
      holding_ = false;
      routes = std::exchange(staged_, {});
    }
    for (PluginRoute& route : routes)
      if (const Status status = services_.add_route(id_, std::move(route)); !status.ok())
        note_error("a route: " + status.message());
    go();
  });
  std::unique_lock lock(mutex_);
  state_changed_.wait_for(lock, limit, [this] { return state() != PluginState::starting; });
}

std::pair<std::shared_ptr<PluginInstance>, PluginInstance::MakeCode> PluginInstance::again() const {
  return {std::make_shared<PluginInstance>(file_, options_, services_), make_};
}

void PluginInstance::go() {
  if (!code_) return;
  try {
    if (file_.has_role(GARDU_ROLE_SUBSCRIBER)) {
      auto delivery =
          std::make_unique<Delivery>(delivery_plugin(), file_.manifest, options_.delivery);
      delivery->start();
      const std::lock_guard lock(mutex_);
      delivery_ = std::move(delivery);
    }
  } catch (const std::exception& e) {
    stop_on_thread();
    set_state(PluginState::failed, std::string("its place in the journal: ") + e.what());
    return;
  }
  set_state(PluginState::running, {});
  mailbox_->wake();
}

Delivery::Plugin PluginInstance::delivery_plugin() {
  return {id_,
          services_,
          [this]() -> PluginCode* {
            return running() && code_lives_ && !handed_over_ ? code_.get() : nullptr;
          },
          [this] { return code_lives_.load(); },
          [this](const std::string& what) { note_error(what); },
          [this](milliseconds delay) {
            mailbox_->after(delay, {[this] { mailbox_->wake(); }, {}});
          },
          [this] { mailbox_->wake(); },
          [this](bool open, const std::string& why) {
            // A hook that ran too long has a state of its own, and its end takes that back.
            if (!running()) return;
            set_state(open ? PluginState::paused : PluginState::running,
                      open ? "it failed several times in a row, last: " + why : std::string());
          },
          [this](Unit& unit, const std::function<void()>& body) { within(unit, body); },
          [this](std::optional<std::int64_t> seq) { mailbox_->hook(seq); }};
}

void PluginInstance::stop_on_thread() {
  {
    // One that never took over has mounted nothing: the routes are another copy's.
    const std::lock_guard lock(mutex_);
    if (!holding_) services_.remove_routes(id_);
  }
  mailbox_->shut();  // before the plugin ends: what waits must not call into it afterwards
  {
    const std::lock_guard lock(mutex_);
    delivery_.reset();
  }
  if (code_) {
    outstanding_->give_up_calls();
    const Status status = code_->stop([this] {
      delivering_ = false;  // from here on nothing new is taken of it
      outstanding_->give_up_calls();
      outstanding_->wait();
    });
    if (!status.ok()) note_error("stop failed: " + status.message());
  }
  delivering_ = false;
  code_lives_ = false;
  code_.reset();
  services_.media_drop_all(id_);
}

bool PluginInstance::stop(std::optional<milliseconds> limit) {
  stopping_ = true;
  mailbox_->post_control([this] { stop_on_thread(); });  // refused when it was closed before
  if (!mailbox_->close(limit)) {
    services_.remove_routes(id_);
    mailbox_->drop_tasks();
    set_state(PluginState::stalled, "it did not stop in time; its thread is left behind");
    return false;
  }
  if (const auto s = state(); s != PluginState::stopped && s != PluginState::failed &&
                              s != PluginState::unconfigured && s != PluginState::loaded)
    set_state(PluginState::stopped, {});
  return true;
}

bool PluginInstance::hand_over(milliseconds limit) {
  const auto until = Clock::now() + limit;
  const auto done = std::make_shared<std::pair<std::mutex, std::condition_variable>>();
  const auto reached = std::make_shared<bool>(false);
  handed_over_ = true;
  const bool posted = mailbox_->post_control([done, reached] {
    const std::lock_guard lock(done->first);
    *reached = true;
    done->second.notify_all();
  });
  {
    std::unique_lock lock(done->first);
    if (!posted || !done->second.wait_until(lock, until, [&] { return *reached; })) return false;
  }
  std::unique_lock lock(mutex_);
  return state_changed_.wait_until(lock, until, [this] { return sends_ == 0; });
}

PluginCode::SendDone PluginInstance::counted(PluginCode::SendDone done) {
  ++sends_;
  return [this, done = std::move(done)](SendOutcome outcome) {
    done(std::move(outcome));
    {
      const std::lock_guard lock(mutex_);
      --sends_;
    }
    state_changed_.notify_all();
  };
}

void PluginInstance::watch() {
  const Mailbox::Busy busy = mailbox_->busy();
  const auto s = state();
  if (busy.time < options_.soft_limit) {
    warned_ = 0;
    if (s == PluginState::stalled && !stopping_) {
      set_state(PluginState::running, {});
      mailbox_->wake();
    }
    return;
  }
  const std::string where =
      busy.seq != 0 ? " at the event with seq " + std::to_string(busy.seq) : std::string();
  if (warned_.exchange(1) == 0)
    services_.log(id_, GARDU_LOG_WARN,
                  "a hook has run for more than " + seconds_text(options_.soft_limit) + where);
  if (busy.time < options_.hard_limit || !running()) return;
  set_state(PluginState::stalled,
            "a hook has run for more than " + seconds_text(options_.hard_limit) + where);
  mailbox_->drop_tasks();
}

void PluginInstance::code_ended(const std::string& why) {
  if (!code_lives_.exchange(false) || stopping_) return;
  restarts_.fetch_add(1, std::memory_order_relaxed);
  note_error(why);
  const auto now = Clock::now();
  std::size_t lately = 0;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(endings_, [&](auto at) { return now - at > kEndingsWithin; });
    endings_.push_back(now);
    lately = endings_.size();
  }
  if (state() == PluginState::starting) return;  // its start has failed, which says so
  if (lately >= kMostEndings) {
    set_state(PluginState::quarantined, "its process ended " + std::to_string(lately) +
                                            " times within ten minutes, last: " + why);
    mailbox_->drop_tasks();
    return;
  }
  set_state(PluginState::starting, why);
  mailbox_->drop_tasks();
  mailbox_->after(std::chrono::seconds(1LL << (lately - 1)), {[this] { restart_on_thread(); }, {}});
}

// After its process ended: what it had mounted and scheduled is gone with it.
void PluginInstance::restart_on_thread() {
  if (stopping_ || state() != PluginState::starting) return;
  services_.remove_routes(id_);
  code_.reset();
  if (delivery_) delivery_->forget();
  const Status status = make_and_start();
  if (!status.ok()) {
    code_lives_ = false;
    set_state(PluginState::failed, status.message());
    return;
  }
  set_state(PluginState::running, {});
  mailbox_->wake();
}

void PluginInstance::replay() const {
  const std::lock_guard lock(mutex_);
  if (delivery_) delivery_->look_again();
}

Status PluginInstance::replay_after(std::int64_t seq, milliseconds limit) {
  if (file_.manifest.delivery != GARDU_DELIVERY_DURABLE || !running())
    return Status::rejected("it is not a durable subscriber that is running");
  const auto answer = std::make_shared<std::promise<Status>>();
  auto done = answer->get_future();
  const bool posted = mailbox_->post_control([this, answer, seq] {
    try {
      if (delivery_) delivery_->replay_after(seq);
      answer->set_value({});
    } catch (const std::exception& e) {
      answer->set_value(Status::retry(e.what()));
    }
    mailbox_->wake();
  });
  if (!posted || done.wait_for(limit) != std::future_status::ready)
    return Status::timeout("the plugin's thread is busy; it is done once it is free");
  return done.get();
}

}  // namespace gardu::host
