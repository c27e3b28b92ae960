// SPDX-License-Identifier: Apache-2.0
//
// An I/O thread.
#include "server/loop.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <random>
#include <thread>

#include "server/connection.hpp"
#include "server/session.hpp"

namespace gardu::pusher {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kTick{100};
constexpr milliseconds kDrainStep{10};

}  // namespace

struct Loop::State {
  explicit State(size_t apps) : tables(apps), scratch(65536) {}

  asio::io_context io{1};
  std::vector<ChannelTable> tables;  // by app
  TimerWheel wheel;
  Clock::time_point began = Clock::now();
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections;
  std::unordered_map<std::string_view, Session*> sessions;
  std::vector<std::shared_ptr<Connection>> touched;
  bool flush_posted = false;
  std::vector<char> scratch;

  std::mutex inbox_mutex;
  Deliveries inbox;

  bool draining = false;
  bool ended = false;  // nothing may be waited for any more, or the thread would not end
  milliseconds linger{0};
  std::vector<std::weak_ptr<Connection>> to_close;
  size_t close_at_once = 1;
  Clock::time_point give_up{};

  asio::steady_timer tick_timer{io};
  asio::steady_timer drain_timer{io};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread;
};

Loop::Loop(Hub& hub, ssl_ctx_st* tls)
    : hub_(hub), tls_(tls), state_(std::make_unique<State>(hub.apps.size())) {}

Loop::~Loop() {
  join();
  // What refers back to the loop goes before the loop's parts.
  state_->touched.clear();
  state_->connections.clear();
}

asio::io_context& Loop::io() noexcept { return state_->io; }
std::span<char> Loop::scratch() noexcept { return state_->scratch; }
ChannelTable& Loop::channels(const App& app) { return state_->tables[app.index]; }

void Loop::start() {
  tick();
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

void Loop::run() {
  while (true) {
    try {
      state_->io.run();
      return;
    } catch (const std::exception& e) {  // no memory, most likely: one connection's trouble
      hub_.host.error(std::string("an I/O thread goes on after: ") + e.what());
    }
  }
}

bool Loop::running() const noexcept { return state_->thread.joinable(); }

void Loop::join() {
  if (state_->thread.joinable()) state_->thread.join();
}

void Loop::adopt(int fd) {
  asio::post(state_->io, [this, fd] {
    if (state_->draining) {
      ::close(fd);
      return;
    }
    auto connection = std::make_shared<Connection>(*this, fd);
    state_->connections.emplace(connection.get(), connection);
    connection->start();
  });
}

void Loop::deliver(const Deliveries& deliveries) {
  bool first = false;
  {
    const std::lock_guard lock(state_->inbox_mutex);
    first = state_->inbox.empty();
    state_->inbox.insert(state_->inbox.end(), deliveries.begin(), deliveries.end());
  }
  if (first) asio::post(state_->io, [this] { take_inbox(); });
}

void Loop::post(std::function<void()> task) { asio::post(state_->io, std::move(task)); }

void Loop::take_inbox() {
  Deliveries taken;
  {
    const std::lock_guard lock(state_->inbox_mutex);
    taken.swap(state_->inbox);
  }
  for (const auto& delivery : taken) dispatch(*delivery);
}

void Loop::dispatch(const Delivery& delivery) {
  const Channel* channel = state_->tables[delivery.app].find(delivery.channel);
  if (channel == nullptr) return;
  const Session* except = nullptr;
  if (!delivery.except.empty()) {
    const auto it = state_->sessions.find(delivery.except);
    if (it != state_->sessions.end()) except = it->second;
  }
  int64_t count = 0;
  for (Subscription* subscription : channel->subscribers) {
    if (subscription->session == except) continue;
    if (delivery.seq <= subscription->after_seq) [[unlikely]] {
      subscription->skip(delivery.seq);
      continue;
    }
    subscription->session->connection().send(delivery.frame);
    ++count;
  }
  hub_.metrics.deliveries.add(count);
}

void Loop::add_session(Session& session) { state_->sessions.emplace(session.id(), &session); }
void Loop::remove_session(const Session& session) { state_->sessions.erase(session.id()); }

void Loop::touch(Connection& connection) {
  state_->touched.push_back(connection.shared_from_this());
  if (state_->flush_posted) return;
  state_->flush_posted = true;
  asio::post(state_->io, [this] { flush_touched(); });
}

void Loop::flush_touched() {
  state_->flush_posted = false;
  std::vector<std::shared_ptr<Connection>> touched;
  touched.swap(state_->touched);
  for (const auto& connection : touched) connection->flush();
}

void Loop::forget(const Connection& connection) {
  state_->connections.erase(&connection);
  finish_if_empty();
}

void Loop::set_deadline(WheelNode& node, Clock::time_point when) {
  const auto ticks = std::chrono::ceil<milliseconds>(when - state_->began) / kTick + 1;
  state_->wheel.schedule(node, static_cast<uint64_t>(std::max<int64_t>(0, ticks)));
}

void Loop::tick() {
  if (state_->ended) return;  // it was on its way when it was cancelled
  state_->tick_timer.expires_after(kTick);
  state_->tick_timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
  const auto now = static_cast<uint64_t>((Clock::now() - state_->began) / kTick);
  state_->wheel.advance(now, [](WheelNode& node) {
    const auto connection = static_cast<Connection&>(node).shared_from_this();
    connection->on_deadline();
  });
}

void Loop::drain(milliseconds window, milliseconds linger) {
  asio::post(state_->io, [this, window, linger] { drain_here(window, linger); });
}

void Loop::drain_here(milliseconds window, milliseconds linger) {
  state_->draining = true;
  state_->linger = linger;
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [key, connection] : state_->connections) all.push_back(connection);
  std::mt19937 random{std::random_device{}()};  // so that clients do not come back in order
  std::ranges::shuffle(all, random);
  state_->to_close.assign(all.begin(), all.end());
  const size_t steps =
      std::clamp<size_t>(all.size() / 10, 1, static_cast<size_t>(window / kDrainStep) + 1);
  state_->close_at_once = all.size() / steps + 1;
  drain_step();
}

void Loop::drain_step() {
  for (size_t i = 0; i < state_->close_at_once && !state_->to_close.empty(); ++i) {
    if (const auto connection = state_->to_close.back().lock()) connection->drain();
    state_->to_close.pop_back();
  }
  const Clock::time_point now = Clock::now();
  if (!state_->to_close.empty() || state_->give_up == Clock::time_point{})
    state_->give_up = now + state_->linger;
  if (state_->to_close.empty() && now >= state_->give_up) {
    auto left = state_->connections;
    for (const auto& [key, connection] : left) connection->shut();
  }
  finish_if_empty();
  if (state_->connections.empty() && state_->to_close.empty()) return;
  state_->drain_timer.expires_after(kDrainStep);
  state_->drain_timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) drain_step();
  });
}

void Loop::finish_if_empty() {
  if (!state_->draining || !state_->connections.empty()) return;
  state_->ended = true;
  state_->tick_timer.cancel();
  state_->drain_timer.cancel();
  state_->work.reset();
}

}  // namespace gardu::pusher
