// SPDX-License-Identifier: Apache-2.0
//
// An I/O thread: what is ready is handled, then what others have handed over, then deadlines; what
// all that has queued is written at the end, so that it goes out together.
#include "server/loop.hpp"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>

#include "server/api.hpp"
#include "server/connection.hpp"
#include "server/drain.hpp"
#include "server/session.hpp"

namespace gardu::pusher {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWheelTick{100};
// Sockets written to before new input is looked at: a publisher need not wait for a large channel,
// and what it sends meanwhile is joined to what the others of the channel still have to get.
constexpr int kFlushesAtOnce = 32;
constexpr size_t kCrowd = 512;       // connections that give back memory worth the trouble
constexpr size_t kSpareRoom = 4096;  // deliveries that room is kept for

}  // namespace

struct Loop::State {
  explicit State(const Hub& hub)
      : tables(hub.apps.size()), scratch(65536), body_limit(pusher::body_limit(hub.settings)) {}

  Poller poller;
  std::vector<ChannelTable> tables;  // by app
  TimerWheel wheel;
  Clock::time_point began = Clock::now();
  std::vector<std::unique_ptr<Connection>> connections;  // each knows its place
  std::vector<std::unique_ptr<Connection>> gone;  // kept while something at hand refers to them
  std::vector<Connection*> urgent, again;
  std::deque<Connection*> touched;
  Deliveries spare;  // room for the inbox, empty
  std::vector<char> scratch;
  const size_t body_limit;
  size_t most = 0;  // connections, since memory was given back
  std::vector<std::pair<Clock::time_point, Task>> timers;  // few
  std::unique_ptr<Drain> drain;                            // once it has begun
  bool ended = false;

  std::mutex mutex;  // guards the next three
  Deliveries inbox;
  std::vector<Task> tasks;
  bool asleep = false;  // must be woken

  std::thread thread;
};

Loop::Loop(Hub& hub, ssl_ctx_st* tls)
    : hub_(hub), tls_(tls), now_(Clock::now()), state_(std::make_unique<State>(hub)) {}

Loop::~Loop() {
  join();
  // What refers back to the loop goes before the loop's parts.
  state_->connections.clear();
  state_->gone.clear();
}

Poller& Loop::poller() noexcept { return state_->poller; }
std::span<char> Loop::scratch() noexcept { return state_->scratch; }
size_t Loop::body_limit() const noexcept { return state_->body_limit; }
ChannelTable& Loop::channels(const App& app) { return state_->tables[app.index]; }
bool Loop::running() const noexcept { return state_->thread.joinable(); }

void Loop::start() {
  // Signals are the host's business; a broken pipe under TLS is told by the write's result.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    state_->thread = std::thread([this] {
      pthread_setname_np(pthread_self(), "gardu-pusher");
      run();
    });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Loop::join() {
  if (state_->thread.joinable()) state_->thread.join();
}

void Loop::run() {
  while (!state_->ended) {
    try {
      turn();
    } catch (const std::exception& e) {  // no memory, most likely: one connection's trouble
      hub_.host.error(std::string("an I/O thread goes on after: ") + e.what());
    }
  }
  hub_.metrics.report(traffic_);
}

void Loop::turn() {
  const auto events = state_->poller.wait(patience());
  now_ = Clock::now();
  take_inbox();  // what was published before a client subscribes is not for it
  for (const epoll_event& event : events) Poller::tell(event);
  read_again();
  take_inbox();
  take_tasks();
  tick();
  run_timers();
  flush_touched();
  std::erase_if(state_->gone, [](const auto& connection) { return !connection->awaited(); });
}

milliseconds Loop::patience() {
  if (!state_->touched.empty() || !state_->urgent.empty() || !state_->again.empty())
    return milliseconds(0);
  Clock::time_point until = Clock::time_point::max();
  if (!state_->connections.empty() || traffic_.waits() || crowd_left())
    until = state_->began + kWheelTick * static_cast<int64_t>(state_->wheel.now() + 1);
  for (const auto& [when, task] : state_->timers) until = std::min(until, when);
  const std::lock_guard lock(state_->mutex);
  if (!state_->inbox.empty() || !state_->tasks.empty()) return milliseconds(0);
  state_->asleep = true;
  if (until == Clock::time_point::max()) return milliseconds(-1);
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(until - Clock::now()));
}

void Loop::post(Task task) {
  bool wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->tasks.push_back(std::move(task));
    wake = std::exchange(state_->asleep, false);
  }
  if (wake) state_->poller.wake();
}

void Loop::deliver(const Deliveries& deliveries) {
  bool wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->inbox.insert(state_->inbox.end(), deliveries.begin(), deliveries.end());
    wake = std::exchange(state_->asleep, false);
  }
  if (wake) state_->poller.wake();
}

void Loop::take_inbox() {
  Deliveries taken = std::move(state_->spare);
  {
    const std::lock_guard lock(state_->mutex);
    state_->asleep = false;
    taken.swap(state_->inbox);
  }
  for (const auto& delivery : taken) dispatch(*delivery);
  taken.clear();
  if (taken.capacity() <= kSpareRoom) state_->spare = std::move(taken);
}

void Loop::take_tasks() {
  std::vector<Task> taken;
  {
    const std::lock_guard lock(state_->mutex);
    taken.swap(state_->tasks);
  }
  for (const Task& task : taken) perform(task);
}

// What one cannot do, for want of memory most likely, the others need not suffer from.
void Loop::perform(const Task& task) {
  try {
    task();
  } catch (const std::exception& e) {
    hub_.host.error(std::string("an I/O thread could not do something: ") + e.what());
  }
}

void Loop::dispatch(const Delivery& delivery) {
  const Channel* channel = state_->tables[delivery.app].find(delivery.channel);
  if (channel == nullptr) return;
  const std::string_view except = delivery.except;
  const size_t except_hash = except.empty() ? 0 : Session::hash_of(except);
  queue(*channel, delivery.frame, delivery.published, [&](Subscription& subscription) {
    if (!except.empty() && subscription.session->is(except, except_hash)) return true;
    if (delivery.seq > subscription.after_seq) [[likely]]
      return false;
    subscription.skip(delivery.seq);
    return true;
  });
}

void Loop::whisper(const Subscription& from, const SharedBytes& frame) {
  take_inbox();
  queue(*from.channel, frame, now_, [&](const Subscription& other) { return &other == &from; });
}

template <class Skip>
void Loop::queue(const Channel& channel, const SharedBytes& frame, Clock::time_point published,
                 Skip&& skip) {
  int64_t count = 0;
  for (Subscription* subscription : channel.subscribers) {
    if (skip(*subscription)) continue;
    subscription->session->connection().send(frame);
    ++count;
  }
  traffic_.deliveries += count;
  if (count != 0) traffic_.fanout.begin(published);
}

void Loop::adopt(std::span<const int> sockets) {
  post([this, mine = std::vector<int>(sockets.begin(), sockets.end())] {
    for (const int socket : mine) perform([this, socket] { adopt_here(socket); });
  });
}

void Loop::adopt_here(int socket) {
  if (state_->drain) {
    ::close(socket);
    return;
  }
  auto connection = std::make_unique<Connection>(*this, socket);
  connection->set_place(state_->connections.size());
  state_->connections.push_back(std::move(connection));
  state_->connections.back()->start();
}

void Loop::forget(Connection& connection) {
  const size_t place = connection.place();
  auto& all = state_->connections;
  state_->gone.push_back(std::move(all[place]));
  if (place + 1 != all.size()) {
    all[place] = std::move(all.back());
    all[place]->set_place(place);
  }
  all.pop_back();
}

void Loop::touch(Connection& connection, bool urgent) {
  if (urgent)
    state_->urgent.push_back(&connection);
  else
    state_->touched.push_back(&connection);
}

void Loop::flush_touched() {
  auto& touched = state_->touched;
  int left = kFlushesAtOnce;
  do {
    while (!state_->urgent.empty()) {
      Connection* const connection = state_->urgent.back();
      state_->urgent.pop_back();
      connection->flush();
    }
    if (touched.empty()) break;
    Connection* const connection = touched.front();
    touched.pop_front();
    connection->flush();
  } while (--left > 0);
  if (touched.empty()) traffic_.fanout.end();
}

void Loop::again(Connection& connection) { state_->again.push_back(&connection); }

void Loop::read_again() {
  if (state_->again.empty()) return;
  std::vector<Connection*> again;
  again.swap(state_->again);
  for (Connection* connection : again) connection->reread();
}

void Loop::set_deadline(WheelNode& node, Clock::time_point when) {
  const auto ticks = std::chrono::ceil<milliseconds>(when - state_->began) / kWheelTick + 1;
  state_->wheel.schedule(node, static_cast<uint64_t>(std::max<int64_t>(0, ticks)));
}

void Loop::tick() {
  const auto now = static_cast<uint64_t>((now_ - state_->began) / kWheelTick);
  if (now == state_->wheel.now()) return;
  hub_.metrics.report(traffic_);
  state_->wheel.advance(now, [this](WheelNode& node) {
    perform([&node] { static_cast<Connection&>(node).on_deadline(); });
  });
  give_back();
}

bool Loop::crowd_left() const noexcept {
  return state_->most >= kCrowd && state_->connections.size() <= state_->most / 2;
}

// What a crowd leaves behind is in pieces that the allocator would keep.
void Loop::give_back() {
  state_->most = std::max(state_->most, state_->connections.size());
  if (!crowd_left()) return;
  state_->most = state_->connections.size();
  ::malloc_trim(0);
}

void Loop::after(milliseconds delay, Task task) {
  state_->timers.emplace_back(Clock::now() + delay, std::move(task));
}

void Loop::run_timers() {
  for (size_t i = 0; i < state_->timers.size();) {
    if (state_->timers[i].first > now_) {
      ++i;
      continue;
    }
    const Task task = std::move(state_->timers[i].second);
    state_->timers.erase(state_->timers.begin() + static_cast<std::ptrdiff_t>(i));
    perform(task);
  }
}

void Loop::drain(milliseconds window, milliseconds linger) {
  post([this, window, linger] {
    if (state_->drain) return;
    state_->drain = std::make_unique<Drain>(state_->connections, window, linger, Clock::now());
    drain_step();
  });
}

void Loop::drain_step() {
  perform([this] { state_->ended = state_->drain->step(state_->connections, Clock::now()); });
  if (!state_->ended) after(Drain::kStep, [this] { drain_step(); });
}

}  // namespace gardu::pusher
