// SPDX-License-Identifier: Apache-2.0
//
// The readers of the journal.
#include "gateway/recovery.hpp"

#include <pthread.h>
#include <signal.h>

#include "gateway/catch_up.hpp"
#include "server/connection.hpp"
#include "server/loop.hpp"
#include "server/session.hpp"

namespace gardu::pusher {
namespace {

constexpr size_t kReaders = 2;
constexpr int kTries = 5;
constexpr std::chrono::milliseconds kRetryAfter{200};  // longer each time

}  // namespace

Recoveries::Recoveries(Hub& hub, const App& gateway, Profiles profiles)
    : replays(hub.host.counter("replays_total", "Subscriptions that were told what they missed.")),
      resyncs(hub.host.counter("resyncs_total", "Subscriptions that had missed too much.")),
      events(hub.host.counter("replayed_events_total", "Events told again out of the journal.")),
      hub_(hub),
      gateway_(gateway),
      profiles_(profiles) {}

Recoveries::~Recoveries() { stop(); }

void Recoveries::start() {
  sigset_t all, before;  // signals are the host's business
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  for (size_t i = 0; i < kReaders; ++i)
    threads_.emplace_back([this] {
      pthread_setname_np(pthread_self(), "gardu-recovery");
      run();
    });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Recoveries::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    due_.clear();
    waiting_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Recoveries::subscribed(Subscription& subscription, std::string_view channel_data) {
  if (&subscription.session->app() != &gateway_) return;
  const std::string& channel = subscription.channel->name;
  auto place = parse_gateway_channel(channel, profiles_);
  if (!place || journaled_types(place->kind) == 0) return;
  const auto claim = read_claim(channel_data);
  if (!claim) return;
  if (place->workspace_id.empty()) place->workspace_id = claim->workspace_id;
  if (place->workspace_id.empty()) return;
  replays.add();
  CatchUp::begin(*this, subscription, {channel, std::move(*place), claim->after_seq, true});
}

void Recoveries::ask(const Missed& missed, Waiter waiter) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    std::shared_ptr<Reading>& reading = waiting_[missed];
    if (!reading) {
      reading = std::make_shared<Reading>(Reading{missed, {}, 0});
      due_.emplace(Clock::now(), reading);
    }
    reading->waiters.push_back(std::move(waiter));
  }
  changed_.notify_one();
}

void Recoveries::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (due_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = due_.begin();
    const Clock::time_point when = first->first;  // another thread may take it meanwhile
    if (when > Clock::now()) {
      changed_.wait_until(lock, when);
      continue;
    }
    const std::shared_ptr<Reading> reading = first->second;
    due_.erase(first);
    // Who asks from now on may have missed what this reading does not see.
    if (const auto it = waiting_.find(reading->missed);
        it != waiting_.end() && it->second == reading)
      waiting_.erase(it);
    lock.unlock();
    try {
      read(reading);
    } catch (const std::exception& e) {
      hub_.host.error(std::string("what a channel missed could not be told: ") + e.what());
    }
    lock.lock();
  }
}

void Recoveries::read(const std::shared_ptr<Reading>& reading) {
  std::shared_ptr<const MissedPage> page;
  const bool last_try = ++reading->tries == kTries;
  try {
    page = read_missed(hub_.host, reading->missed, profiles_, hub_.settings.recovery, last_try);
  } catch (const std::exception& e) {
    if (!last_try) {
      const std::lock_guard lock(mutex_);
      if (!stopping_) due_.emplace(Clock::now() + reading->tries * kRetryAfter, reading);
      changed_.notify_one();
      return;
    }
    hub_.host.warn(std::string("what a channel missed cannot be read: ") + e.what());
  }
  for (const Waiter& waiter : reading->waiters)
    waiter.loop->post([who = waiter.who, page] {
      if (const auto catch_up = who.lock()) (*catch_up)->arrived(page);
    });
}

}  // namespace gardu::pusher
