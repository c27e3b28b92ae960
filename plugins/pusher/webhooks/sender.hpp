// SPDX-License-Identifier: Apache-2.0
//
// The sink that the listener raises into, and all that is behind it: takes from any thread into a
// bounded queue, and does the rest on a thread of its own (courier.hpp) and that of the store
// (store.hpp). Started and stopped on the plugin's thread.
#pragma once
#include <gardu/host.hpp>

#include <functional>
#include <memory>

#include "webhooks/courier.hpp"
#include "webhooks/queue.hpp"
#include "webhooks/sink.hpp"
#include "webhooks/store.hpp"

namespace gardu::pusher {

struct WebhookOptions {
  WebhookLimits limits;
  std::function<Millis()> clock;          // empty: the system's
  WebhookQueue::Random random = nullptr;  // null: OpenSSL's
  WebhookTimes times;
};

class WebhookSender final : public WebhookSink {
 public:
  // Null when no app has an endpoint: then nothing is asked of the host. Throws Failure: the host
  // offers no gardu.http-client/1, or the database refuses. `host` must outlive it.
  static std::unique_ptr<WebhookSender> start(const Host& host, const Settings& settings,
                                              WebhookOptions options = {});
  ~WebhookSender() override;  // stop()
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  void raise(const App& app, WebhookEvent event) noexcept override;
  bool listens(const App& app, WebhookKind kind) const noexcept override;
  // The same, by the app's place in the settings.
  void raise(size_t app, WebhookEvent event) noexcept;

  // Who is where, until `leave` returns. The app by its place in the settings.
  void ask(Courier::Present present);

  // Looks at the clock anew.
  void poke();

  // Before the listener's end, which sends everybody away: who comes back to the next run soon was
  // never away. Waits until nobody is asked any more.
  void leave();
  // After the listener. Stores what waits; a request that is under way goes again at the next
  // start. Twice is fine.
  void stop();

 private:
  struct Running;
  explicit WebhookSender(std::shared_ptr<Running> running);
  const std::shared_ptr<Running> running_;  // shared with the ends of requests
};

}  // namespace gardu::pusher
