// SPDX-License-Identifier: Apache-2.0
//
// Threads and hand-over.
#include "webhooks/sender.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "server/hub.hpp"
#include "webhooks/calm_clock.hpp"
#include "webhooks/courier.hpp"
#include "webhooks/node_id.hpp"

namespace gardu::pusher {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMostHandedOver = 100'000;
constexpr size_t kMostHandedOverBytes = size_t{32} << 20U;
constexpr std::chrono::seconds kDeadline{10};
constexpr uint64_t kMostOfAnswer = uint64_t{1} << 20U;
constexpr milliseconds kLongestSleep{60'000};

double random_share() {
  uint32_t number = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
  return static_cast<double>(number) / std::numeric_limits<uint32_t>::max();
}

Millis seconds_of(std::string_view text) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return 0;  // a date, or nonsense
  return std::clamp<Millis>(seconds, 0, 3600) * 1000;
}

WebhookAnswer answer_of(const HttpAnswer& from) {
  WebhookAnswer answer;
  answer.answered = from.answered();
  answer.status = from.status();
  answer.retry_after = seconds_of(from.header("Retry-After"));
  answer.error = from.error();
  return answer;
}

bool wanted(const Settings& settings) {
  return std::ranges::any_of(settings.apps, [](const auto& a) { return !a.webhooks.empty(); });
}

}  // namespace

struct WebhookSender::Running : std::enable_shared_from_this<WebhookSender::Running> {
  struct Raised {
    size_t app;
    WebhookEvent event;
    Millis at;
  };
  struct Answered {
    size_t endpoint;
    WebhookAnswer answer;
  };
  // What other threads have for this one.
  struct Inbox {
    std::vector<Raised> raised;
    std::vector<Answered> answers;
    std::vector<StoredEvent> adopted;
    Courier::Present present;
    bool leaving = false, stopping = false;

    bool empty() const {
      return raised.empty() && answers.empty() && adopted.empty() && !present && !leaving;
    }
  };

  Running(const Host& h, const Settings& settings, WebhookOptions options)
      : host(h),
        apps(settings.apps),
        client(h.http()),
        fixed_clock(std::move(options.clock)),
        node(h.data_dir()),
        refused(h.counter("webhook_overflows_total",
                          "Webhook events that were dropped before they reached a queue.")) {
    if (detail::find<gardu_host_db>(h.raw(), GARDU_EXT_DB) != nullptr)
      store.emplace(
          h, node.value(),
          [this](std::vector<StoredEvent> events) {
            hand_over([&](Inbox& in) {
              std::move(events.begin(), events.end(), std::back_inserter(in.adopted));
            });
          },
          options.times);
    else
      host.warn("webhook events will not survive a restart: the host offers no database");
    courier.emplace(
        h, apps, node.value(), store ? &*store : nullptr,
        [this](size_t endpoint, Courier::Request request) {
          return post(endpoint, std::move(request));
        },
        options.random != nullptr ? options.random : &random_share, options.limits);
  }

  Millis now() const { return fixed_clock ? fixed_clock() : clock.now(); }

  template <class F>
  void hand_over(F&& f) {
    {
      const std::lock_guard lock(mutex);
      f(inbox);
    }
    wake.notify_one();
  }

  bool post(size_t endpoint, Courier::Request request) {
    HttpCall call;
    call.method = "POST";
    call.url = std::move(request.url);
    call.body = std::move(request.body);
    call.headers = std::move(request.headers);
    call.deadline = kDeadline;
    call.max_answer = kMostOfAnswer;
    // What the host gives up when the plugin stops goes again at the next start.
    return client
        .request(call,
                 [weak = weak_from_this(), endpoint](const HttpAnswer& answer) {
                   if (answer.progress() == GARDU_HTTP_STOPPED) return;
                   if (const auto self = weak.lock())
                     self->hand_over([&](Inbox& in) {
                       in.answers.push_back({endpoint, answer_of(answer)});
                     });
                 })
        .ok();
  }

  void start() {
    Millis left_at = 0;
    if (store) {
      auto events = store->start(left_at);
      courier->adopt(std::move(events), left_at, now());
    }
    thread = std::thread([this] { run(); });
  }

  void run() {
    Millis next = 0;
    std::unique_lock lock(mutex);
    while (!inbox.stopping) {
      const Millis before = now();
      if (inbox.empty() && before < next) {
        wake.wait_for(lock, std::min<milliseconds>(kLongestSleep, milliseconds(next - before)));
        continue;
      }
      Inbox taken = std::exchange(inbox, {});
      inbox_bytes = 0;
      lock.unlock();
      work(taken);
      next = courier->step(now());
      lock.lock();
      if (courier->idle()) clock.set();
    }
    Inbox taken = std::move(inbox);
    lock.unlock();
    work(taken);
  }

  void work(Inbox& in) {
    if (in.present) courier->ask(std::move(in.present));
    if (in.leaving || in.stopping) leave();
    for (Raised& raised : in.raised) courier->raise(raised.app, std::move(raised.event), raised.at);
    for (const Answered& a : in.answers) courier->answered(a.endpoint, a.answer, now());
    if (!in.adopted.empty()) courier->adopt(std::move(in.adopted), 0, now());
  }

  void leave() {
    courier->leave();
    {
      const std::lock_guard lock(mutex);
      if (left_at != 0) return;
      left_at = now();
    }
    left.notify_all();
    if (store) store->leave(left_at);
  }

  const Host& host;
  const std::vector<AppSettings> apps;
  const HttpClient client;
  const std::function<Millis()> fixed_clock;
  CalmClock clock;
  const NodeId node;
  const Counter refused;
  std::optional<DbWebhookStore> store;
  std::optional<Courier> courier;

  std::mutex mutex;
  std::condition_variable wake, left;
  Inbox inbox;
  Millis left_at = 0;  // when what is held began to stay so
  size_t inbox_bytes = 0;
  std::thread thread;
};

WebhookSender::WebhookSender(std::shared_ptr<Running> running) : running_(std::move(running)) {}
WebhookSender::~WebhookSender() { stop(); }

std::unique_ptr<WebhookSender> WebhookSender::start(const Host& host, const Settings& settings,
                                                    WebhookOptions options) {
  if (!wanted(settings)) return nullptr;
  auto running = std::make_shared<Running>(host, settings, std::move(options));
  std::unique_ptr<WebhookSender> out(new WebhookSender(running));
  running->start();
  return out;
}

void WebhookSender::raise(const App& app, WebhookEvent event) noexcept {
  raise(app.index, std::move(event));
}

bool WebhookSender::listens(const App& app, WebhookKind kind) const noexcept {
  return running_->courier->listens(app.index, kind);
}

void WebhookSender::raise(size_t app, WebhookEvent event) noexcept {
  Running& r = *running_;
  if (!r.courier->listens(app, event.kind)) return;
  const size_t bytes = sizeof event + event.channel.size() + event.data.size() + event.event.size();
  try {
    bool first = false;
    {
      const std::lock_guard lock(r.mutex);
      if (r.inbox.raised.size() >= kMostHandedOver ||
          r.inbox_bytes + bytes > kMostHandedOverBytes) {
        r.refused.add();
        return;
      }
      first = r.inbox.empty();
      r.inbox_bytes += bytes;
      r.inbox.raised.push_back({app, std::move(event), r.now()});
    }
    if (first) r.wake.notify_one();
  } catch (const std::exception&) {
    r.refused.add();  // no memory left
  }
}

void WebhookSender::poke() {
  running_->hand_over([](Running::Inbox&) {});
}

void WebhookSender::ask(Courier::Present present) {
  running_->hand_over([&](Running::Inbox& in) { in.present = std::move(present); });
}

void WebhookSender::leave() {
  Running& r = *running_;
  if (!r.thread.joinable()) return;
  r.hand_over([](Running::Inbox& in) { in.leaving = true; });
  std::unique_lock lock(r.mutex);
  r.left.wait(lock, [&] { return r.left_at != 0; });
}

void WebhookSender::stop() {
  Running& r = *running_;
  if (!r.thread.joinable()) return;
  r.hand_over([](Running::Inbox& in) { in.stopping = true; });
  r.thread.join();
  if (r.store) r.store->stop();
}

}  // namespace gardu::pusher
