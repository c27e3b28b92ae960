// SPDX-License-Identifier: Apache-2.0
//
// One socket: first HTTP, then perhaps a WebSocket, then the goodbye. Belongs to its loop's thread,
// which owns it until `shut`.
#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/frame.hpp"
#include "server/send_queue.hpp"
#include "server/timer_wheel.hpp"
#include "server/transport.hpp"

namespace gardu::pusher {

class HttpReader;
class Loop;
class Session;
enum class Code : uint16_t;
struct WebRequest;
struct WebResponse;

class Connection : public std::enable_shared_from_this<Connection>, public WheelNode {
 public:
  Connection(Loop& loop, int fd);  // takes the descriptor over
  ~Connection();

  void start();
  // Queues, to be written soon. A connection whose queue is full is cut off.
  void send(SharedBytes bytes);
  void flush();
  void on_deadline();
  // pusher:error and the close frame with the same code.
  void close_with_error(Code code, std::string_view text);
  void drain();  // says that the server goes, and closes
  void shut();   // at once, without a word

  Loop& loop() const noexcept { return loop_; }
  size_t queued() const noexcept { return queue_.bytes(); }  // bytes

 private:
  enum class Phase { http, websocket, closing, closed };
  struct Waiter;

  void wait_readable();
  void wait_writable();
  void on_readable();
  void on_end_of_input();
  void feed(std::span<char> data);
  void feed_or_shut(std::span<char> data);
  size_t take(std::span<char> data);  // bytes that are done with; 0: more is needed
  size_t take_http(std::span<char> data);
  size_t take_frame(std::span<char> data);

  void handle(const WebRequest& request);
  void upgrade(const WebRequest& request, const std::string& key);
  void respond(const WebResponse& response, bool keep_alive);
  void refuse_request(int status, std::string text);  // one that cannot be read

  void check_alive();
  void close_websocket(uint16_t code, std::string_view reason);
  void begin_closing();
  void touch();

  Loop& loop_;
  std::unique_ptr<Waiter> waiter_;
  Transport transport_;
  SendQueue queue_;
  Phase phase_ = Phase::http;
  bool touched_ = false;
  bool write_blocked_ = false;  // a wait for writability is under way
  bool unflushed_ = false;      // the last flush could not finish
  bool overflowed_ = false;
  bool input_ended_ = false;
  bool finished_ = false;  // our side is closed
  bool pinged_ = false;
  std::chrono::steady_clock::time_point last_received_, ping_sent_;
  std::string pending_;  // input that is not complete yet
  std::unique_ptr<HttpReader> http_;
  std::unique_ptr<MessageReader> messages_;
  std::unique_ptr<Session> session_;
};

}  // namespace gardu::pusher
