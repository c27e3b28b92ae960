// SPDX-License-Identifier: Apache-2.0
// The thread-safe halves of one request: Exchange (behind the Responder) and StreamQueue (behind a
// Stream). Other threads change their state under a mutex and post to the connection's loop; the
// connection, on its loop, takes what was put there.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/detail/shared.hpp"
#include "http/responder.hpp"

namespace gardu::host::http::detail {

class Exchange;
class StreamQueue;

// What an exchange needs of its connection; called on the connection's loop only.
class AnswerTarget {
 public:
  virtual ~AnswerTarget() = default;
  virtual void answer(const std::shared_ptr<Exchange>& exchange, Response&& response) = 0;
  virtual void begin_stream(const std::shared_ptr<Exchange>& exchange, Response&& head,
                            std::shared_ptr<StreamQueue> stream) = 0;
  virtual void stream_ready() = 0;
};

struct ExchangeLink {
  std::shared_ptr<Gate> gate;
  std::weak_ptr<AnswerTarget> target;
  std::shared_ptr<Counters> counters;
  std::string request_id;
  std::size_t stream_limit = 0;
};

class StreamQueue final : public Stream, public std::enable_shared_from_this<StreamQueue> {
 public:
  explicit StreamQueue(const ExchangeLink& link);
  ~StreamQueue() override;
  StreamQueue(const StreamQueue&) = delete;
  StreamQueue& operator=(const StreamQueue&) = delete;

  bool write(std::string data) override;
  void close() override;
  bool open() const override;
  void on_close(std::function<void()> callback) override;

  // The connection's side.
  struct Batch {
    std::vector<std::string> parts;
    bool last = false;  // nothing will follow
  };
  Batch take();
  void written(std::size_t bytes);
  void end();  // idempotent; runs the callbacks

 private:
  void wake();

  const std::shared_ptr<Gate> gate_;
  const std::weak_ptr<AnswerTarget> target_;
  const std::shared_ptr<Counters> counters_;
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::vector<std::string> queue_;
  std::vector<std::function<void()>> callbacks_;
  std::size_t queued_ = 0;  // bytes not yet written, also those underway
  bool closing_ = false;
  bool ended_ = false;
  bool woken_ = false;
};

class Exchange final : public ResponseSink, public std::enable_shared_from_this<Exchange> {
 public:
  explicit Exchange(ExchangeLink link);
  ~Exchange() override;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  bool send(Response response) override;
  std::shared_ptr<Stream> stream(Response head) override;
  bool alive() const override;
  void on_disconnect(std::function<void()> callback) override;
  void released() override;

  // The connection's side: true if there was no answer yet, and there will be none.
  bool give_up();

 private:
  enum class State { kWaiting, kAnswered, kGivenUp };
  bool leave_waiting(State next);

  const ExchangeLink link_;
  mutable std::mutex mutex_;
  State state_ = State::kWaiting;
  std::vector<std::function<void()>> callbacks_;
};

}  // namespace gardu::host::http::detail
