// SPDX-License-Identifier: Apache-2.0
//
// For the FakeHost itself: gardu.timer/1, gardu.executor/1, gardu.http-routes/1 and
// gardu.http-client/1: what calls the plugin back.
#pragma once
#include "../../abi/ext/executor.h"
#include "../../abi/ext/http_client.h"
#include "../../abi/ext/http_routes.h"
#include "../../abi/ext/timer.h"
#include "rules.hpp"

namespace gardu::testing::detail {

inline bool stopping_locked(const State& s) { return s.phase == Phase::stopping; }

// ---- gardu.timer/1
inline uint64_t schedule(void* context, int64_t delay, void (*fire)(void* user),
                         void (*drop)(void* user), void* user) noexcept {
  uint64_t id = 0;
  serve(context, GARDU_EXT_TIMER, "schedule", Tag::started, nullptr, [&](State& s) {
    const std::lock_guard lock(s.mutex);
    if (stopping_locked(s)) return Status{};
    id = s.order_locked();
    s.timers[id] = {s.now + std::max<int64_t>(delay, 0), id, fire, drop, user};
    return Status{};
  });
  return id;
}
inline int32_t cancel(void* context, uint64_t id) noexcept {
  bool cancelled = false;
  serve(context, GARDU_EXT_TIMER, "cancel", Tag::alive, nullptr, [&](State& s) {
    Timer timer{};
    {
      const std::lock_guard lock(s.mutex);
      auto taken = s.timers.extract(id);
      if (taken.empty()) return Status{};
      timer = taken.mapped();
    }
    cancelled = true;
    if (timer.drop != nullptr) timer.drop(timer.user);
    return Status{};
  });
  return cancelled ? 1 : 0;
}
inline constexpr gardu_host_timer kTimer{sizeof(gardu_host_timer), 0, &schedule, &cancel};

// ---- gardu.executor/1
inline int32_t post(void* context, void (*run)(void* user), void (*drop)(void* user), void* user,
                    gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_EXECUTOR, "post", Tag::started, error, [&](State& s) {
    const std::lock_guard lock(s.mutex);
    if (stopping_locked(s)) return Status{GARDU_STOPPED, "the plugin is stopping"};
    if (s.posted.size() >= 10'000) return Status{GARDU_FULL, "10000 wait already"};
    s.posted.push_back({run, drop, user});
    return Status{};
  });
}
inline constexpr gardu_host_executor kExecutor{sizeof(gardu_host_executor), 0, &post};

// ---- gardu.http-routes/1
inline bool may_claim(std::string_view plugin, std::string_view pattern) {
  const auto below = [&](std::string prefix) {
    prefix += plugin;
    return pattern == prefix || pattern.starts_with(prefix + "/");
  };
  return below("/api/v1/") || below("/webhooks/") || pattern.starts_with("/broadcasting/");
}
inline int32_t add_route(void* context, const gardu_route* route, gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_HTTP_ROUTES, "add", Tag::from_start, error, [&](State& s) {
    constexpr std::string_view kFunction = "gardu.http-routes/1 add";
    if (!GARDU_HAS(route, gardu_route, user)) return s.too_short(kFunction, "gardu_route");
    MountedRoute made{s.take(kFunction, "method", route->method),
                      s.take(kFunction, "pattern", route->pattern),
                      route->auth,
                      route->body_limit,
                      route->deadline,
                      route->handle,
                      route->user};
    if (route->handle == nullptr) {
      s.fault(std::string(kFunction) + ": the route has no handler");
      return Status::invalid("the route has no handler");
    }
    const std::lock_guard lock(s.mutex);
    if (!may_claim(s.plugin_id, made.pattern)) {
      s.fault_locked(std::string(kFunction) + ": " + made.pattern +
                     " is not a path that this plugin may claim (/api/v1/" + s.plugin_id +
                     "/, /webhooks/" + s.plugin_id + ", /broadcasting/)");
      return Status::invalid("a plugin's routes are below /api/v1/" + s.plugin_id + ", /webhooks/" +
                             s.plugin_id + " or /broadcasting/, not " + made.pattern);
    }
    for (const MountedRoute& m : s.routes)
      if (m.method == made.method && m.pattern == made.pattern)
        return Status::invalid(made.method + " " + made.pattern + " is taken");
    s.routes.push_back(std::move(made));
    return Status{};
  });
}
inline constexpr gardu_host_http_routes kRoutes{sizeof(gardu_host_http_routes), 0, &add_route};

// ---- gardu.http-client/1
inline int32_t http_request(void* context, const gardu_http_call* call,
                            void (*done)(void* user, const gardu_http_answer* answer), void* user,
                            gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_HTTP_CLIENT, "request", Tag::started, error, [&](State& s) {
    constexpr std::string_view kFunction = "gardu.http-client/1 request";
    if (!GARDU_HAS(call, gardu_http_call, max_answer))
      return s.too_short(kFunction, "gardu_http_call");
    HttpCall made;
    made.method = s.take(kFunction, "method", call->method);
    made.url = s.take(kFunction, "url", call->url);
    made.body = s.take(kFunction, "body", call->body, false);
    for (uint32_t i = 0; i < call->header_count; ++i)
      made.headers.emplace_back(s.take(kFunction, "a header's name", call->headers[i].name),
                                s.take(kFunction, "a header's value", call->headers[i].value));
    made.deadline = Micros{call->deadline};
    made.max_answer = call->max_answer;
    if (done == nullptr) s.fault(std::string(kFunction) + ": done is null");
    const std::lock_guard lock(s.mutex);
    if (stopping_locked(s)) return Status{GARDU_STOPPED, "the plugin is stopping"};
    if (s.http_ends.size() >= 1000) return Status{GARDU_FULL, "1000 are under way"};
    s.http_calls.push_back(made);
    s.http_ends.push_back({s.order_locked(), std::move(made), done, user});
    return Status{};
  });
}
inline constexpr gardu_host_http_client kHttpClient{sizeof(gardu_host_http_client), 0,
                                                    &http_request};

inline FakeAnswer answer_to(State& s, const HttpCall& call) {
  std::function<std::optional<FakeAnswer>(const HttpCall&)> f;
  {
    const std::lock_guard lock(s.mutex);
    for (auto p = s.http_prepared.rbegin(); p != s.http_prepared.rend(); ++p)
      if ((p->method.empty() || p->method == call.method) && call.url.starts_with(p->prefix))
        return p->answer;
    f = s.http_answer;
  }
  if (f)
    if (auto answer = f(call)) return *std::move(answer);
  FakeAnswer none;
  none.status = 0;
  none.progress = GARDU_HTTP_UNREACHABLE;
  none.error =
      "the test has no answer to " + call.method + " " + call.url.substr(0, call.url.find('?'));
  return none;
}
inline void end_http(State& s, const HttpEnd& e, const FakeAnswer& answer) {
  Shown shown;
  auto* out = shown.sized<gardu_http_answer>();
  out->progress = answer.progress;
  if (answer.progress == GARDU_HTTP_ANSWERED) {
    out->status = answer.status;
    out->header_count = static_cast<uint32_t>(answer.headers.size());
    auto* headers = shown.make<gardu_header>(answer.headers.size());
    for (size_t i = 0; i < answer.headers.size(); ++i)
      headers[i] = {shown.text(answer.headers[i].first), shown.text(answer.headers[i].second)};
    out->headers = headers;
    out->body = shown.text(answer.body);
  } else {
    out->error = shown.text(answer.error);
  }
  if (e.done != nullptr) {
    const Hook hook(s, "the end of a request", answer.progress == GARDU_HTTP_STOPPED);
    e.done(e.user, out);
  }
  s.bury(shown);
}

}  // namespace gardu::testing::detail
