// SPDX-License-Identifier: Apache-2.0
//
// All webhooks of the plugin: what is raised passes its app's calm, waits in the queue of each
// endpoint that wants it, is stored as long as it waits, and is posted. One thread; nothing blocks.
// Times as in calm.hpp.
#pragma once
#include <gardu/host.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "webhooks/body.hpp"
#include "webhooks/calm.hpp"
#include "webhooks/queue.hpp"
#include "webhooks/store.hpp"

namespace gardu::pusher {

// Numbers of one endpoint. Made on the plugin's thread.
struct WebhookMetrics {
  WebhookMetrics(const Host& host, const std::string& labels);
  Counter delivered, expired, dropped;  // events
  std::array<Counter, 5> requests;      // by how they ended
  Counter waiting, oldest;              // gauges
};

class Courier {
 public:
  struct Request {
    std::string url, body;
    WebhookHeaders headers;
  };
  // Begins a request, whose end is told by `answered`; false: it could not begin.
  using Post = std::function<bool(size_t endpoint, Request request)>;
  // [plugin-thread] The apps, the store and the host must outlive it. `store` may be null: then
  // nothing survives. `node` makes the events' ids unique.
  Courier(const Host& host, const std::vector<AppSettings>& apps, std::string node,
          WebhookStore* store, Post post, WebhookQueue::Random random, WebhookLimits limits = {});
  ~Courier();

  // By app: which kinds must be raised, as somebody wants them or they undo what is held.
  bool listens(size_t app, WebhookKind kind) const noexcept;

  void raise(size_t app, WebhookEvent event, Millis now);
  void answered(size_t endpoint, const WebhookAnswer& answer, Millis now);
  // Whether somebody is in a channel now, on any node; with a user, whether that one is.
  using Present =
      std::function<bool(size_t app, const std::string& channel, const std::string& user)>;
  // Asked before it is told that somebody is gone, up to `leave`: who came back on another node
  // undoes nothing here.
  void ask(Present present) { present_ = std::move(present); }

  // From the storage. That a channel was vacated or a member left is held anew, unless it was due
  // when its process was stopped at `left_at` (0: unknown): clients had no chance to come back yet.
  void adopt(std::vector<StoredEvent> events, Millis left_at, Millis now);
  // Does what has become due; when to call again at the latest.
  Millis step(Millis now);
  // The process is to end: what is held stays so, as everybody is sent away and may be back soon.
  void leave() noexcept {
    leaving_ = true;
    present_ = nullptr;
  }
  // Nothing waits and nothing is held.
  bool idle() const;

 private:
  struct Endpoint;
  struct App;
  struct Held {
    std::string channel, user;
    std::vector<std::pair<size_t, WebhookItem>> items;  // by endpoint
  };
  void apply(App& app, CalmSteps& steps, Millis now);
  void tell(const App& app, const WebhookEvent& event, Millis now);
  void hold(App& app, const CalmStep& step);
  void release(App& app, const std::string& key);
  void cancel(App& app, const std::string& key);
  void hold_again(size_t endpoint, WebhookEvent event, StoredEvent stored, Millis due);
  WebhookItem make_item(const std::string& json, Millis at);
  void enqueue(Endpoint& endpoint, WebhookItem item);
  void dropped(Endpoint& endpoint, const WebhookQueue::Ids& ids, const Counter& counter,
               const char* why);
  void send(size_t index, Millis now);
  void erase(const WebhookQueue::Ids& ids);
  void show(Endpoint& endpoint, Millis now) const;

  const Host& host_;
  const std::string node_;
  WebhookStore* const store_;
  const Post post_;
  Present present_;
  std::vector<std::unique_ptr<App>> apps_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::unordered_map<std::string, size_t> by_id_;  // endpoints
  Millis last_id_ = 0;
  bool leaving_ = false;
};

}  // namespace gardu::pusher
