// SPDX-License-Identifier: Apache-2.0
//
// A WebSocket client of the generator: connects, subscribes to one channel, checks what it gets.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "load.hpp"

namespace gardu::bench {

class Subscriber final : public Wire {
 public:
  // `stream` may be null: it only connects.
  Subscriber(Load& load, size_t index, Stream* stream);

  void start();  // as far as being subscribed, or with `join_later` as far as having a socket id
  void subscribe();
  void unsubscribe();
  void whisper();
  void close();  // in order: a close frame, then the server's answer

  bool join_later = false;
  bool silent = false;  // it only sends: what it gets is wrong
  std::function<void()> on_event;
  const std::set<std::string>& members() const noexcept { return members_; }

 private:
  void connected() override;
  size_t received(std::string_view bytes) override;
  void ended() override;
  size_t upgraded(std::string_view bytes);
  void frame(int opcode, std::string_view payload);
  void message(std::string_view text);
  void control(std::string_view text);
  void roster(const std::string& data);
  void joined(const std::string& user);
  void write(int opcode, std::string_view payload);

  Load& load_;
  size_t index_;
  Stream* stream_;
  std::vector<uint32_t> next_;  // of each publisher
  std::string socket_id_;
  std::set<std::string> members_;
  int64_t began_ns_ = 0;
  bool upgraded_ = false;
  bool closing_ = false;
};

}  // namespace gardu::bench
