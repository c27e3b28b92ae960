// SPDX-License-Identifier: Apache-2.0
//
// One I/O thread with all that is pinned to it: connections, subscribers, deadlines. Unless marked
// any-thread, calls come from the loop's own thread.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "server/channel_table.hpp"
#include "server/hub.hpp"
#include "server/timer_wheel.hpp"

struct ssl_ctx_st;
namespace boost::asio {
class io_context;
}

namespace gardu::pusher {

class Connection;

class Loop {
 public:
  using Clock = std::chrono::steady_clock;

  Loop(Hub& hub, ssl_ctx_st* tls);
  ~Loop();  // joined
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& io() noexcept;
  Hub& hub() const noexcept { return hub_; }
  ssl_ctx_st* tls() const noexcept { return tls_; }

  void start();                                // once, from the thread that also joins
  void adopt(int fd);                          // any-thread: takes over a connected socket
  void deliver(const Deliveries& deliveries);  // any-thread
  void post(std::function<void()> task);       // any-thread; never runs once the loop has ended
  void take_inbox();                           // hands on what was delivered so far
  // any-thread: closes all within `window`, gives them `linger` to go, then lets the thread end.
  void drain(std::chrono::milliseconds window, std::chrono::milliseconds linger);
  bool running() const noexcept;  // started and not joined
  void join();

  ChannelTable& channels(const App& app);
  void add_session(Session& session);
  void remove_session(const Session& session);
  void touch(Connection& connection);  // flushed once the events at hand are handled
  void forget(const Connection& connection);
  void set_deadline(WheelNode& node, Clock::time_point when);
  std::span<char> scratch() noexcept;  // for reading into, until the handler returns

 private:
  struct State;
  void run();
  void dispatch(const Delivery& delivery);
  void flush_touched();
  void tick();
  void drain_here(std::chrono::milliseconds window, std::chrono::milliseconds linger);
  void drain_step();
  void finish_if_empty();

  Hub& hub_;
  ssl_ctx_st* tls_;
  std::unique_ptr<State> state_;
};

}  // namespace gardu::pusher
