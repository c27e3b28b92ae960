// SPDX-License-Identifier: Apache-2.0
//
// One socket: first HTTP, then perhaps a WebSocket, then the goodbye. Belongs to its loop and that
// one's thread. After `shut` it is there until nothing refers to it any more.
#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/frame.hpp"
#include "server/poller.hpp"
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

class Connection final : public PollTarget, public WheelNode {
 public:
  Connection(Loop& loop, int fd);  // takes the descriptor over
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  // Queues, to be written soon. A connection whose queue is full is cut off.
  void send(SharedBytes bytes);
  void flush();
  void on_ready(uint32_t events) override;
  void reread();  // after `Loop::again`
  void on_deadline();
  void drain();  // says that the server goes, and closes
  void shut();   // at once, without a word
  // pusher:error and the close frame with the same code.
  void close_with_error(Code code, std::string_view text);

  Loop& loop() const noexcept { return loop_; }
  size_t queued() const noexcept { return queue_.bytes(); }  // bytes
  // The loop is still to call it, and keeps it until then.
  bool awaited() const noexcept { return touched_ || rereading_; }

  size_t place() const noexcept { return place_; }  // for the loop
  void set_place(size_t place) noexcept { place_ = static_cast<uint32_t>(place); }

 private:
  enum class Phase : uint8_t { http, websocket, closing, closed };

  enum class Awaited : uint8_t { request, head, body };

  void watch();
  void await(Awaited what);
  void handle_ready(uint32_t events);
  void read();
  Io pump();
  void write();
  void give_up(const std::exception& why);
  void on_end_of_input();
  void feed(std::span<char> data);
  size_t take(std::span<char> data);  // bytes that are done with; 0: more is needed
  size_t take_http(std::span<char> data);
  size_t take_frame(std::span<char> data);
  size_t take_frame(MessageReader& reader, std::span<char> data);

  void handle(const WebRequest& request);
  void upgrade(const WebRequest& request, const std::string& key);
  void respond(const WebResponse& response, bool keep_alive);
  void refuse_request(int status, std::string text);  // one that cannot be read

  void check_alive();
  void close_websocket(uint16_t code, std::string_view reason);
  void begin_closing();
  void touch();

  Loop& loop_;
  Transport transport_;
  uint32_t place_ = 0;
  Phase phase_ = Phase::http;
  Awaited awaited_ = Awaited::head;  // while it speaks HTTP
  bool touched_ = false;
  bool rereading_ = false;
  bool write_blocked_ = false;  // until the socket is writable
  bool unflushed_ = false;      // the last flush could not finish
  bool overflowed_ = false;
  bool input_ended_ = false;
  bool finished_ = false;  // our side is closed
  bool pinged_ = false;
  SendQueue queue_;
  std::unique_ptr<Session> session_;
  std::chrono::steady_clock::time_point last_received_, ping_sent_;
  std::unique_ptr<HttpReader> http_;
  std::unique_ptr<MessageReader> messages_;  // while it keeps a part of a message
  std::unique_ptr<std::string> pending_;     // input that is not complete yet
};

}  // namespace gardu::pusher
