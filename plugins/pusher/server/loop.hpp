// SPDX-License-Identifier: Apache-2.0
//
// One I/O thread with all that is pinned to it: connections, subscribers, deadlines. Unless marked
// any-thread, calls come from the loop's own thread (or before it is started).
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "server/channel_table.hpp"
#include "server/hub.hpp"
#include "server/poller.hpp"
#include "server/timer_wheel.hpp"
#include "server/traffic.hpp"

struct ssl_ctx_st;

namespace gardu::pusher {

class Connection;

class Loop {
 public:
  using Clock = std::chrono::steady_clock;
  using Task = std::function<void()>;

  Loop(Hub& hub, ssl_ctx_st* tls);
  ~Loop();  // joined
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Hub& hub() const noexcept { return hub_; }
  ssl_ctx_st* tls() const noexcept { return tls_; }
  Poller& poller() noexcept;
  Clock::time_point now() const noexcept { return now_; }  // when the events at hand came

  void start();          // once, from the thread that also joins
  void post(Task task);  // any-thread: runs it soon
  void after(std::chrono::milliseconds delay, Task task);
  void adopt(std::span<const int> sockets);    // any-thread: takes connected sockets over
  void deliver(const Deliveries& deliveries);  // any-thread
  void take_inbox();                           // hands on what was delivered so far
  // A client event to the others of its channel here, after what was delivered so far.
  void whisper(const Subscription& from, const SharedBytes& frame);
  // any-thread: closes all within `window`, gives them `linger` to go, then lets the thread end.
  void drain(std::chrono::milliseconds window, std::chrono::milliseconds linger);
  bool running() const noexcept;  // started and not joined
  void join();

  ChannelTable& channels(const App& app);
  // Flushed once the events at hand are handled; `urgent`: before those that are not.
  void touch(Connection& connection, bool urgent);
  void again(Connection& connection);  // it has more to read than its socket shows
  void forget(Connection& connection);
  void set_deadline(WheelNode& node, Clock::time_point when);
  Traffic& traffic() noexcept { return traffic_; }
  std::span<char> scratch() noexcept;  // for reading into, until the handler returns
  size_t body_limit() const noexcept;  // of a request of the HTTP API

 private:
  struct State;
  void run();
  void turn();
  std::chrono::milliseconds patience();
  void take_tasks();
  void perform(const Task& task);
  void adopt_here(int socket);
  void dispatch(const Delivery& delivery);
  template <class Skip>
  void queue(const Channel& channel, const SharedBytes& frame, Clock::time_point published,
             Skip&& skip);
  void read_again();
  void flush_touched();
  void tick();
  bool crowd_left() const noexcept;
  void give_back();
  void run_timers();
  void drain_step();

  Hub& hub_;
  ssl_ctx_st* tls_;
  Clock::time_point now_;
  Traffic traffic_;
  std::unique_ptr<State> state_;
};

}  // namespace gardu::pusher
