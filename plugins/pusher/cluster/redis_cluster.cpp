// SPDX-License-Identifier: Apache-2.0
//
// The two threads.
#include "cluster/redis_cluster.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "cluster/letters.hpp"
#include "cluster/link_report.hpp"
#include "cluster/membership.hpp"
#include "cluster/outbox.hpp"
#include "cluster/redis_link.hpp"
#include "cluster/snapshot.hpp"

namespace gardu::pusher {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kQueued = size_t{16} << 20U;
constexpr milliseconds kTick{250};
constexpr milliseconds kAnswer{3000};  // that Redis may take for an answer
constexpr milliseconds kFirstPause{50}, kLongestPause{2000};

std::string make_node_id() {
  static constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::random_device random;
  std::uniform_int_distribution<size_t> any(0, kDigits.size() - 1);
  std::string out;
  for (size_t i = 0; i < wire::kNodeIdSize; ++i) out.push_back(kDigits[any(random)]);
  return out;
}

// Signals are the host's business.
template <class F>
std::thread start_thread(F f) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    std::thread out([f = std::move(f)] {
      pthread_setname_np(pthread_self(), "gardu-cluster");
      f();
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return out;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace

struct RedisCluster::State {
  State(const Hub& h, const RedisUrl& url);

  void listen();
  void talk();
  void talk_once();
  void write(const Outbox::Taken& taken);
  void write(const Outbox::Item& item);
  void send();
  void part();
  // Between two attempts to connect; longer each time.
  void pause(milliseconds& length, bool ticking);
  void tick();
  // Whether anybody would hear.
  bool heard(int64_t dropped = 1);
  void push(Outbox::Item item);

  const Hub& hub;
  Membership membership;
  Outbox outbox{kQueued};
  Letters letters;
  RedisLink listening, talking;
  LinkReport report;
  const Counter nodes, not_sent, not_understood;
  std::atomic<bool> can_talk{false};
  std::atomic<bool> told_less{false};  // something was dropped: others have to ask
  Clock::time_point next_heartbeat{};

  std::mutex stop_mutex;
  std::condition_variable stop_changed;
  std::atomic<bool> stopping{false};
  std::thread listener, talker;
};

RedisCluster::State::State(const Hub& h, const RedisUrl& url)
    : hub(h),
      membership(make_node_id(), h),
      letters(h.settings.redis_prefix, membership.self()),
      listening(url),
      talking(url),
      report(h.host, url.printable()),
      nodes(h.host.gauge("cluster_nodes",
                         "Nodes of the cluster that are alive, this one among them.")),
      not_sent(h.host.counter("cluster_dropped_total", "What was not passed on between nodes.",
                              "what=\"sent\"")),
      not_understood(h.host.counter("cluster_dropped_total",
                                    "What was not passed on between nodes.", "what=\"received\"")) {
  nodes.set(1);
}

void RedisCluster::State::pause(milliseconds& length, bool ticking) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<int64_t> jitter(length.count() / 2, length.count());
  const auto until = Clock::now() + milliseconds(jitter(random));
  length = std::min(length * 2, kLongestPause);
  std::unique_lock lock(stop_mutex);
  while (!stopping && Clock::now() < until) {
    stop_changed.wait_until(lock, std::min(until, Clock::now() + kTick));
    if (ticking) tick();
  }
}

// The node's own heartbeats come back: when nothing does, the connection is dead.
void RedisCluster::State::listen() {
  milliseconds length = kFirstPause;
  while (!stopping) {
    try {
      listening.connect(NodeTable::kSilence);
      listening.subscribe({letters.to_all(), letters.to_node(membership.self())});
      membership.link_back(Clock::now());
      report.up(LinkReport::kListening);
      outbox.wake();
      length = kFirstPause;
      while (!stopping) {
        const RedisLink::Message message = listening.receive();
        if (report.doubted(LinkReport::kListening)) report.up(LinkReport::kListening);
        if (!membership.hear(message.payload, Clock::now())) not_understood.add();
        if (membership.urgent()) outbox.wake();
      }
    } catch (const std::exception& e) {
      if (stopping) return;
      membership.link_lost(Clock::now());
      report.down(e.what());
      outbox.wake();  // the other connection shall be looked at, too
    }
    pause(length, false);
  }
}

void RedisCluster::State::talk() {
  milliseconds length = kFirstPause;
  while (!stopping) {
    try {
      talking.connect(kAnswer);
      next_heartbeat = Clock::now();
      talk_once();  // Redis may take a connection, and then no message
      can_talk = true;
      length = kFirstPause;
      while (!stopping) talk_once();
      part();
      return;
    } catch (const std::exception& e) {
      can_talk = false;
      outbox.clear();
      letters.take();  // their numbers are missed
      if (!stopping) report.down(e.what());
    }
    pause(length, true);
  }
}

void RedisCluster::State::tick() {
  membership.tick(Clock::now());
  nodes.set(static_cast<int64_t>(membership.others()) + 1);
}

void RedisCluster::State::talk_once() {
  const auto asleep = Clock::now();
  const auto until = membership.urgent() ? asleep : std::min(next_heartbeat, asleep + kTick);
  const Outbox::Taken taken = outbox.take(until);
  tick();
  const auto now = Clock::now();
  const Membership::Todo todo = membership.take_todo(now);
  if (taken.lost || told_less.exchange(false)) letters.skip_number();
  const bool doubted = report.doubted(LinkReport::kTalking);
  if (todo.greet || doubted || now >= next_heartbeat) {
    letters.to_all(wire::Heartbeat{todo.listens_anew});
    next_heartbeat = now + NodeTable::kHeartbeat;
  }
  write(taken);
  for (const std::string& id : todo.met) letters.to_node(id, wire::Missed{});
  for (const auto& ask : todo.asks) letters.to_node(ask.node, wire::Ask{ask.cache_ms});
  for (const auto& ask : todo.answers) write_snapshot(hub, ask.node, ask.cache_ms, now, letters);
  send();
  if (doubted) report.up(LinkReport::kTalking);
}

void RedisCluster::State::write(const Outbox::Taken& taken) {
  if (membership.others() == 0) return;
  for (const Outbox::Item& item : taken.items) write(item);
  for (const auto& [channel, total] : taken.counts) {
    const App& app = *hub.apps[channel.first];
    letters.to_all(
        wire::Count{app.settings.id, channel.second, app.counts.local(channel.second), total});
  }
}

// A member is told as it is now: whatever came in between, the last thing told is the truth.
void RedisCluster::State::write(const Outbox::Item& item) {
  if (!item.member) return letters.to_all_ready(item.text);
  const App& app = *hub.apps[item.app];
  const auto info = app.roster.local_info(item.text, item.user);
  letters.to_all(wire::Member{app.settings.id, item.text, item.user,
                              info ? std::string_view(*info) : std::string_view{}, info.has_value(),
                              item.gone});
}

void RedisCluster::State::send() { talking.publish(letters.take()); }

void RedisCluster::State::part() {
  write(outbox.take(Clock::time_point{}));
  letters.to_all(wire::Goodbye{});
  send();
}

bool RedisCluster::State::heard(int64_t dropped) {
  if (membership.others() == 0) return false;
  if (can_talk) return true;
  told_less = true;
  not_sent.add(dropped);
  return false;
}

void RedisCluster::State::push(Outbox::Item item) {
  if (const size_t dropped = outbox.push(std::move(item)); dropped != 0)
    not_sent.add(static_cast<int64_t>(dropped));
}

RedisCluster::RedisCluster(const Hub& hub, RedisUrl url)
    : state_(std::make_unique<State>(hub, url)) {}

RedisCluster::~RedisCluster() { stop(); }

void RedisCluster::start() {
  state_->listener = start_thread([state = state_.get()] { state->listen(); });
  state_->talker = start_thread([state = state_.get()] { state->talk(); });
}

void RedisCluster::stop() noexcept {
  {
    const std::lock_guard lock(state_->stop_mutex);
    state_->stopping = true;
  }
  state_->stop_changed.notify_all();
  state_->outbox.wake();
  state_->listening.interrupt();
  if (state_->listener.joinable()) state_->listener.join();
  if (state_->talker.joinable()) state_->talker.join();
}

bool RedisCluster::speaks() const noexcept { return state_->membership.speaks(); }

// What fails here for want of memory is missed like anything else.
void RedisCluster::publish(const App& app, const ClusterEvent& e) noexcept try {
  if (!state_->heard()) return;
  Outbox::Item item;
  item.text.reserve(e.data.size() + 200);
  wire::append(item.text, wire::Event{app.settings.id,
                                      {e.channels.begin(), e.channels.end()},
                                      e.name,
                                      e.data,
                                      e.except,
                                      e.user_id,
                                      e.cached});
  state_->push(std::move(item));
} catch (const std::exception&) {
  state_->told_less = true;
}

void RedisCluster::joined(const App& app, std::string_view room, std::string_view user,
                          std::string_view) noexcept try {
  if (!state_->heard(0)) return;
  state_->push({true, false, app.index, std::string(room), std::string(user)});
} catch (const std::exception&) {
  state_->told_less = true;
}

void RedisCluster::left(const App& app, std::string_view room, std::string_view user,
                        bool gone) noexcept try {
  if (!state_->heard(0)) return;
  state_->push({true, gone, app.index, std::string(room), std::string(user)});
} catch (const std::exception&) {
  state_->told_less = true;
}

void RedisCluster::count_changed(const App& app, std::string_view channel, size_t total,
                                 bool edge) noexcept try {
  if (!state_->heard(0)) return;
  state_->outbox.count_changed(app.index, channel, total, edge, Clock::now());
} catch (const std::exception&) {
  state_->told_less = true;
}

void RedisCluster::terminate(const App& app, std::string_view user) noexcept try {
  if (!state_->heard()) return;
  Outbox::Item item;
  wire::append(item.text, wire::Terminate{app.settings.id, user});
  state_->push(std::move(item));
} catch (const std::exception&) {
  state_->told_less = true;
}

}  // namespace gardu::pusher
