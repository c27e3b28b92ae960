// SPDX-License-Identifier: Apache-2.0
//
// From what happened to what is posted.
#include "webhooks/courier.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#include "protocol/crypto.hpp"

namespace gardu::pusher {
namespace {

constexpr Millis kShowPause = 5'000;  // of the gauges while something waits
constexpr Millis kDropLogPause = 60'000;
// How long clients have after a restart to come back: pusher-js whose first try was refused tries
// again after 15 s.
constexpr Millis kReturn = 20'000;

std::string label_text(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// Scheme, host and port: the rest of a URL may be a secret.
std::string origin_of_url(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "its URL";
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  return std::string(url.substr(0, scheme + 3)).append(host);
}

std::string outcome_text(const WebhookAnswer& answer) {
  return answer.answered ? "status " + std::to_string(answer.status) : answer.error;
}

// Of kResults.
size_t outcome_index(const WebhookAnswer& answer) {
  const int kind = answer.answered ? answer.status / 100 : 0;
  return kind >= 2 && kind <= 5 ? static_cast<size_t>(kind) - 2 : 4;
}

constexpr const char* kResults[] = {"2xx", "3xx", "4xx", "5xx", "none"};

}  // namespace

WebhookMetrics::WebhookMetrics(const Host& host, const std::string& labels)
    : waiting(host.gauge("webhook_queue", "Webhook events that wait for an endpoint.", labels)),
      oldest(host.gauge("webhook_oldest_seconds", "Age of the oldest one that waits.", labels)) {
  const auto events = [&](const char* result) {
    return host.counter("webhook_events_total", "Webhook events by what became of them.",
                        labels + ",result=\"" + result + '"');
  };
  delivered = events("delivered");
  expired = events("expired");
  dropped = events("dropped");
  for (size_t i = 0; i < requests.size(); ++i)
    requests[i] = host.counter("webhook_requests_total", "Webhook requests by their answer.",
                               labels + ",result=\"" + kResults[i] + '"');
}

struct Courier::Endpoint {
  const AppSettings& app;
  const WebhookSettings& settings;
  std::string id;
  std::string name;  // for the log
  WebhookQueue queue;
  WebhookMetrics metrics;
  size_t unlogged = 0;  // dropped, and not yet said
  Millis log_at = 0;
};

struct Courier::App {
  const AppSettings& settings;
  size_t index;
  std::vector<size_t> endpoints;
  std::array<bool, kWebhookKinds> listens{};
  Calm calm;
  std::unordered_map<std::string, Held> held;  // by Calm's key
};

Courier::Courier(const Host& host, const std::vector<AppSettings>& apps, std::string node,
                 WebhookStore* store, Post post, WebhookQueue::Random random, WebhookLimits limits)
    : host_(host), node_(std::move(node)), store_(store), post_(std::move(post)) {
  for (const AppSettings& settings : apps) {
    const auto ttl = std::chrono::duration_cast<std::chrono::milliseconds>(settings.cache_ttl);
    auto app = std::make_unique<App>(
        App{settings, apps_.size(), {}, {}, Calm(std::min<Millis>(kGrace, ttl.count())), {}});
    for (size_t i = 0; i < settings.webhooks.size(); ++i) {
      const WebhookSettings& webhook = settings.webhooks[i];
      std::string id = hmac_sha256_hex("endpoint", settings.id + '\n' + webhook.url).substr(0, 32);
      while (by_id_.contains(id)) id += '+';
      const std::string labels =
          "app=\"" + label_text(settings.id) + "\",endpoint=\"" + std::to_string(i) + '"';
      app->endpoints.push_back(endpoints_.size());
      by_id_.emplace(id, endpoints_.size());
      endpoints_.push_back(std::make_unique<Endpoint>(
          Endpoint{settings, webhook, id,
                   "webhooks of app " + settings.id + " to " + origin_of_url(webhook.url),
                   WebhookQueue(webhook.batch, limits, random), WebhookMetrics(host, labels)}));
      for (size_t kind = 0; kind < kWebhookKinds; ++kind)
        if (webhook.wanted[kind]) app->listens[kind] = true;
    }
    const auto both = [&](WebhookKind a, WebhookKind b) {
      bool& first = app->listens[static_cast<size_t>(a)];
      bool& second = app->listens[static_cast<size_t>(b)];
      first = second = first || second;
    };
    both(WebhookKind::channel_occupied, WebhookKind::channel_vacated);
    both(WebhookKind::member_added, WebhookKind::member_removed);
    apps_.push_back(std::move(app));
  }
}

Courier::~Courier() = default;

bool Courier::listens(size_t app, WebhookKind kind) const noexcept {
  return apps_[app]->listens[static_cast<size_t>(kind)];
}

void Courier::raise(size_t index, WebhookEvent event, Millis now) {
  App& app = *apps_[index];
  CalmSteps steps;
  if (!leaving_) app.calm.poll(now, steps);  // what was due before this happened
  app.calm.take(std::move(event), now, steps);
  apply(app, steps, now);
}

void Courier::apply(App& app, CalmSteps& steps, Millis now) {
  for (const CalmStep& step : steps) switch (step.kind) {
      case CalmStep::Kind::tell:
        tell(app, step.event, now);
        break;
      case CalmStep::Kind::hold:
        hold(app, step);
        break;
      case CalmStep::Kind::release:
        release(app, step.key);
        break;
      case CalmStep::Kind::cancel:
        cancel(app, step.key);
        break;
    }
}

WebhookItem Courier::make_item(const std::string& json, Millis at) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(++last_id_));
  return {digits + node_, at, json};
}

void Courier::tell(const App& app, const WebhookEvent& event, Millis now) {
  std::string json;
  for (const size_t index : app.endpoints) {
    Endpoint& endpoint = *endpoints_[index];
    if (!endpoint.settings.wanted[static_cast<size_t>(event.kind)]) continue;
    if (json.empty()) json = webhook_event_json(event);
    last_id_ = std::max(last_id_, now * 1000);
    WebhookItem item = make_item(json, now);
    if (store_ != nullptr) store_->put({item.id, endpoint.id, item.at, item.json, false});
    enqueue(endpoint, std::move(item));
  }
}

void Courier::hold(App& app, const CalmStep& step) {
  Held held{step.event.channel, step.event.user_id, {}};
  const std::string json = webhook_event_json(step.event);
  for (const size_t index : app.endpoints) {
    if (!endpoints_[index]->settings.wanted[static_cast<size_t>(step.event.kind)]) continue;
    last_id_ = std::max(last_id_, (step.at - kGrace) * 1000);
    WebhookItem item = make_item(json, step.at);
    if (store_ != nullptr) store_->put({item.id, endpoints_[index]->id, item.at, item.json, false});
    held.items.emplace_back(index, std::move(item));
  }
  app.held.insert_or_assign(step.key, std::move(held));
}

void Courier::release(App& app, const std::string& key) {
  auto found = app.held.extract(key);
  if (found.empty()) return;
  Held& held = found.mapped();
  const bool back = present_ && present_(app.index, held.channel, held.user);
  for (auto& [index, item] : held.items) {
    if (!back)
      enqueue(*endpoints_[index], std::move(item));
    else if (store_ != nullptr)
      store_->erase(std::move(item.id));
  }
}

void Courier::cancel(App& app, const std::string& key) {
  const auto held = app.held.extract(key);
  if (held.empty() || store_ == nullptr) return;
  for (const auto& entry : held.mapped().items) store_->erase(entry.second.id);
}

void Courier::enqueue(Endpoint& endpoint, WebhookItem item) {
  dropped(endpoint, endpoint.queue.push(std::move(item)), endpoint.metrics.dropped,
          "too many wait");
}

void Courier::dropped(Endpoint& endpoint, const WebhookQueue::Ids& ids, const Counter& counter,
                      const char* why) {
  if (ids.empty()) return;
  erase(ids);
  counter.add(static_cast<int64_t>(ids.size()));
  endpoint.unlogged += ids.size();
  const Millis now = last_id_ / 1000;
  if (now < endpoint.log_at) return;
  endpoint.log_at = now + kDropLogPause;
  host_.warn(endpoint.name + ": " + std::to_string(std::exchange(endpoint.unlogged, size_t{0})) +
             " events were given up: " + why);
}

void Courier::erase(const WebhookQueue::Ids& ids) {
  if (store_ == nullptr) return;
  for (const std::string& id : ids) store_->erase(id);
}

void Courier::adopt(std::vector<StoredEvent> events, Millis left_at, Millis now) {
  last_id_ = std::max(last_id_, now * 1000);
  std::vector<std::vector<WebhookItem>> items(endpoints_.size());
  size_t unknown = 0;
  for (StoredEvent& stored : events) {
    const auto found = by_id_.find(stored.endpoint);
    WebhookEvent event;
    if (found == by_id_.end() || !read_webhook_event(stored.json, event)) {
      if (store_ != nullptr) store_->erase(stored.id);
      ++unknown;
      continue;
    }
    const bool gone =
        event.kind == WebhookKind::channel_vacated || event.kind == WebhookKind::member_removed;
    if (gone && (left_at == 0 || stored.due > left_at))
      hold_again(found->second, std::move(event), std::move(stored), now + kReturn);
    else
      items[found->second].push_back({std::move(stored.id), stored.due, std::move(stored.json)});
  }
  for (size_t i = 0; i < items.size(); ++i)
    if (!items[i].empty())
      dropped(*endpoints_[i], endpoints_[i]->queue.insert(std::move(items[i])),
              endpoints_[i]->metrics.dropped, "too many wait");
  if (unknown != 0)
    host_.warn(std::to_string(unknown) +
               " webhook events were given up: their endpoint is not configured any more");
}

// Stored anew, so that yet another restart knows that it was not due. What is held already, by this
// run or an older row of the same, is told once.
void Courier::hold_again(size_t endpoint, WebhookEvent event, StoredEvent stored, Millis due) {
  const auto app = std::find_if(apps_.begin(), apps_.end(), [&](const auto& a) {
    return &a->settings == &endpoints_[endpoint]->app;
  });
  const std::string key = Calm::key_of(event.kind, event.channel, event.user_id);
  (*app)->calm.restore(key, due);
  Held& held = (*app)->held[key];
  for (const auto& entry : held.items)
    if (entry.first == endpoint) {
      if (store_ != nullptr) store_->erase(std::move(stored.id));
      return;
    }
  held.channel = std::move(event.channel);
  held.user = std::move(event.user_id);
  stored.due = due;
  held.items.emplace_back(endpoint, WebhookItem{stored.id, due, stored.json});
  if (store_ != nullptr) store_->put(std::move(stored));
}

void Courier::send(size_t index, Millis now) {
  Endpoint& endpoint = *endpoints_[index];
  dropped(endpoint, endpoint.queue.expire(now), endpoint.metrics.expired,
          "they were not taken in time");
  auto next = endpoint.queue.next(now);
  if (!next) return;
  Request request{endpoint.settings.url, std::move(next->body), {}};
  request.headers = webhook_headers(endpoint.app.keys.front(), request.body, next->delivery_id,
                                    endpoint.settings.headers);
  if (!post_(index, std::move(request))) endpoint.queue.put_back(now);
}

void Courier::answered(size_t index, const WebhookAnswer& answer, Millis now) {
  Endpoint& endpoint = *endpoints_[index];
  const unsigned failures = endpoint.queue.failures();
  const auto taken = endpoint.queue.answered(answer, now);
  endpoint.metrics.requests[outcome_index(answer)].add();
  endpoint.metrics.delivered.add(static_cast<int64_t>(taken.size()));
  erase(taken);
  if (answer.taken() && failures != 0) host_.info(endpoint.name + " are taken again");
  if (!answer.taken() && failures == 0)
    host_.warn(endpoint.name +
               " fail, and are tried again for some minutes: " + outcome_text(answer));
}

void Courier::show(Endpoint& endpoint, Millis now) const {
  const auto& queue = endpoint.queue;
  endpoint.metrics.waiting.set(static_cast<int64_t>(queue.size()));
  endpoint.metrics.oldest.set(queue.size() == 0 ? 0
                                                : std::max<Millis>(0, now - queue.oldest()) / 1000);
}

Millis Courier::step(Millis now) {
  last_id_ = std::max(last_id_, now * 1000);
  Millis next = kNever;
  CalmSteps steps;
  for (const auto& app : apps_) {
    if (leaving_) break;
    steps.clear();
    app->calm.poll(now, steps);
    apply(*app, steps, now);
    next = std::min(next, app->calm.next());
  }
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    Endpoint& endpoint = *endpoints_[i];
    send(i, now);
    show(endpoint, now);
    next = std::min(next, endpoint.queue.wake());
    if (endpoint.queue.size() != 0) next = std::min(next, now + kShowPause);
  }
  return next;
}

bool Courier::idle() const {
  return std::all_of(endpoints_.begin(), endpoints_.end(),
                     [](const auto& e) { return e->queue.size() == 0; }) &&
         std::all_of(apps_.begin(), apps_.end(), [](const auto& a) { return a->held.empty(); });
}

}  // namespace gardu::pusher
