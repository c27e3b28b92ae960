// SPDX-License-Identifier: Apache-2.0
// The shared handle: its last copy tells the sink that nobody can answer any more.
#include "http/responder.hpp"

#include <utility>

namespace gardu::host::http {
namespace {

class EndedStream final : public Stream {
 public:
  bool write(std::string) override { return false; }
  void close() override {}
  bool open() const override { return false; }
  void on_close(std::function<void()> callback) override {
    if (callback) callback();
  }
};

}  // namespace

class Responder::Token {
 public:
  explicit Token(std::shared_ptr<ResponseSink> sink) : sink_(std::move(sink)) {}
  ~Token() { sink_->released(); }
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  ResponseSink& sink() const { return *sink_; }

 private:
  std::shared_ptr<ResponseSink> sink_;
};

Responder::Responder(std::shared_ptr<ResponseSink> sink)
    : token_(sink ? std::make_shared<Token>(std::move(sink)) : nullptr) {}

bool Responder::send(Response response) const {
  return token_ && token_->sink().send(std::move(response));
}

std::shared_ptr<Stream> Responder::stream(Response head) const {
  std::shared_ptr<Stream> stream = token_ ? token_->sink().stream(std::move(head)) : nullptr;
  return stream ? stream : std::make_shared<EndedStream>();
}

bool Responder::alive() const { return token_ && token_->sink().alive(); }

void Responder::on_disconnect(std::function<void()> callback) const {
  if (token_) token_->sink().on_disconnect(std::move(callback));
}

}  // namespace gardu::host::http
