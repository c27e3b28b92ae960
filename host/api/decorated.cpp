// SPDX-License-Identifier: Apache-2.0
#include "api/decorated.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace gardu::host {
namespace {

class DecoratingSink final : public http::ResponseSink {
 public:
  DecoratingSink(http::Responder inner, std::function<void(http::Response&)> decorate)
      : inner_(std::move(inner)), decorate_(std::move(decorate)) {}

  bool send(http::Response response) override {
    if (!first()) return false;
    decorate_(response);
    return inner_.send(std::move(response));
  }
  std::shared_ptr<http::Stream> stream(http::Response head) override {
    if (!first()) return nullptr;
    decorate_(head);
    return inner_.stream(std::move(head));
  }
  bool alive() const override { return inner_.alive(); }
  void on_disconnect(std::function<void()> callback) override {
    inner_.on_disconnect(std::move(callback));
  }
  // Without an answer the server gives a 500 once its own handle goes away.
  void released() override { inner_ = {}; }

 private:
  bool first() { return !answered_.exchange(true); }

  http::Responder inner_;
  const std::function<void(http::Response&)> decorate_;
  std::atomic<bool> answered_{false};
};

}  // namespace

http::Responder decorated(http::Responder inner, std::function<void(http::Response&)> decorate) {
  return http::Responder(std::make_shared<DecoratingSink>(std::move(inner), std::move(decorate)));
}

}  // namespace gardu::host
