// SPDX-License-Identifier: Apache-2.0
// The right to answer one request, once, from any thread, now or later. Copies share it; when the
// last copy goes away without an answer, the client gets a 500. Safe to use after the connection
// died and after the server was stopped or destroyed (it then does nothing).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/message.hpp"

namespace gardu::host::http {

// An answer of unknown length (server-sent events). Every function may be called from any thread.
class Stream {
 public:
  virtual ~Stream() = default;
  // False if the stream is over, or if more than the limit (Options::stream_limit) would be queued:
  // nothing of `data` is then sent and the stream stays as it was; a caller that cannot afford the
  // gap calls close().
  virtual bool write(std::string data) = 0;
  // Sends what is queued, then ends the answer. Later calls do nothing.
  virtual void close() = 0;
  virtual bool open() const = 0;
  // Called once when the stream is over, for whatever reason (peer gone, close(), drain, stop), on
  // an IO thread; at once on the calling thread if it is over already. Must not block.
  virtual void on_close(std::function<void()> callback) = 0;
};

// What stands behind a Responder: the server's connection, or a recorder in a test.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual bool send(Response response) = 0;
  virtual std::shared_ptr<Stream> stream(Response head) = 0;
  virtual bool alive() const = 0;
  virtual void on_disconnect(std::function<void()> callback) = 0;
  // The last Responder went away; called exactly once, also after an answer.
  virtual void released() = 0;
};

class Responder {
 public:
  Responder() = default;  // answers nothing
  explicit Responder(std::shared_ptr<ResponseSink> sink);

  // False if the request was answered before, or its deadline passed, or the peer is gone.
  bool send(Response response) const;
  // Starts an answer whose body follows through the stream; `head.body`, if any, is its beginning.
  // Counts as the answer. Never null: too late gives a stream that is already over.
  std::shared_ptr<Stream> stream(Response head) const;
  // False once nobody waits for an answer any more (answered, timed out, peer gone).
  bool alive() const;
  // Called once on an IO thread if the request ends without an answer of the application (peer
  // gone, deadline passed, server stopped), at once if that happened before; not after an answer.
  void on_disconnect(std::function<void()> callback) const;

  explicit operator bool() const { return token_ != nullptr; }

 private:
  class Token;
  std::shared_ptr<Token> token_;
};

}  // namespace gardu::host::http
