// SPDX-License-Identifier: Apache-2.0
//
// For harness.hpp: requests to the plugin's routes.
#pragma once
#include "../harness.hpp"
#include "ends.hpp"

namespace gardu::testing {

struct RouteAnswer::Slot {
  std::mutex mutex;
  bool dropped = false;
  HttpResponse response{0, {}, {}, {}};
};

inline bool RouteAnswer::answered() const { return status() != 0; }
inline bool RouteAnswer::dropped() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->dropped;
}
inline int RouteAnswer::status() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->response.status;
}
inline std::string RouteAnswer::body() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->response.body;
}
inline std::string RouteAnswer::content_type() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->response.content_type;
}
inline std::string RouteAnswer::header(std::string_view name) const {
  const std::lock_guard lock(slot_->mutex);
  for (const auto& [have, value] : slot_->response.headers) {
    const gardu_header one{str(have), str(value)};
    if (!find_header(&one, 1, name).empty()) return value;
  }
  return {};
}

namespace detail {

// The duty to answer one request. Lives as long as the host: a second answer must find it.
struct ReplyDuty {
  State* state;
  Duty* duty;
  std::shared_ptr<RouteAnswer::Slot> slot;
};

inline std::string decoded(std::string_view s) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    const int high = s[i] == '%' && i + 2 < s.size() ? digit(s[i + 1]) : -1;
    const int low = high >= 0 ? digit(s[i + 2]) : -1;
    if (low < 0) {
      out += s[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}
// The values of the pattern's {names}; nothing when the path does not fit.
inline std::optional<Headers> match(std::string_view pattern, std::string_view path) {
  Headers params;
  for (;;) {
    const size_t p = std::min(pattern.find('/', 1), pattern.size());
    const size_t q = std::min(path.find('/', 1), path.size());
    const std::string_view want = pattern.substr(0, p), have = path.substr(0, q);
    if (want.starts_with("/{") && want.ends_with('}')) {
      if (have.size() < 2) return std::nullopt;
      params.emplace_back(want.substr(2, want.size() - 3), decoded(have.substr(1)));
    } else if (want != have) {
      return std::nullopt;
    }
    pattern.remove_prefix(p);
    path.remove_prefix(q);
    if (pattern.empty() || path.empty()) break;
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return params;
}
inline void set_answer(RouteAnswer::Slot& slot, HttpResponse response, bool dropped) {
  const std::lock_guard lock(slot.mutex);
  slot.response = std::move(response);
  slot.dropped = dropped;
}
inline void reply_send(void* context, const gardu_http_response* in) noexcept {
  auto& self = *static_cast<ReplyDuty*>(context);
  State& s = *self.state;
  const Note note(s);
  constexpr std::string_view kFunction = "gardu_http_reply send";
  if (!s.tell(*self.duty)) return;
  if (!GARDU_HAS(in, gardu_http_response, reserved)) {
    (void)s.too_short(kFunction, "gardu_http_response");
    return set_answer(*self.slot, HttpResponse::text(500, {}), false);
  }
  if (in->status < 100 || in->status > 599)
    s.fault(std::string(kFunction) + ": " + std::to_string(in->status) + " is not an HTTP status");
  HttpResponse out{in->status,
                   s.take(kFunction, "body", in->body, false),
                   s.take(kFunction, "content_type", in->content_type),
                   {}};
  for (uint32_t i = 0; i < in->header_count; ++i) {
    out.headers.emplace_back(s.take(kFunction, "a header's name", in->headers[i].name),
                             s.take(kFunction, "a header's value", in->headers[i].value));
    if ((out.headers.back().first + out.headers.back().second).find_first_of("\r\n") !=
        std::string::npos)
      s.fault(std::string(kFunction) + ": a header has a line break");
  }
  set_answer(*self.slot, std::move(out), false);
}
inline void reply_drop(void* context) noexcept {
  auto& self = *static_cast<ReplyDuty*>(context);
  const Note note(*self.state);
  if (self.state->tell(*self.duty))
    set_answer(*self.slot, HttpResponse::text(500, "The plugin gave no answer."), true);
}

// What the host answers itself; 0: the plugin is asked.
inline int refused_by_host(const MountedRoute& route, std::string_view body,
                           const Principal& caller) {
  if (route.auth != GARDU_AUTH_NONE && caller.auth == GARDU_AUTH_NONE) return 401;
  if (caller.auth < route.auth) return 403;
  if (route.body_limit != 0 && body.size() > route.body_limit) return 413;
  return 0;
}
inline const gardu_header* show_headers(Shown& to, const Headers& from) {
  auto* out = to.make<gardu_header>(from.size());
  for (size_t i = 0; i < from.size(); ++i)
    out[i] = {to.text(from[i].first), to.text(from[i].second)};
  return out;
}
inline gardu_http_request* show_request(Shown& to, std::string_view method, std::string_view path,
                                        std::string_view body, const Headers& headers,
                                        const Headers& params, const Principal& caller) {
  auto* principal = to.sized<gardu_principal>();
  principal->auth = caller.auth;
  principal->workspace_id = to.text(caller.workspace_id);
  principal->user_id = to.text(caller.user_id);
  principal->token_id = to.text(caller.token_id);
  principal->name = to.text(caller.name);
  auto* q = to.sized<gardu_http_request>();
  const size_t mark = std::min(path.find('?'), path.size());
  q->method = to.text(method);
  q->path = to.text(path.substr(0, mark));
  q->query = to.text(path.substr(std::min(mark + 1, path.size())));
  q->body = to.text(body);
  q->remote_address = to.text("127.0.0.1");
  q->request_id = to.text("fake-request");
  q->header_count = static_cast<uint32_t>(headers.size());
  q->headers = show_headers(to, headers);
  q->param_count = static_cast<uint32_t>(params.size());
  q->params = show_headers(to, params);
  q->principal = principal;
  return q;
}

}  // namespace detail

inline RouteAnswer PluginHarness::request(std::string_view method, std::string_view path,
                                          std::string_view body, const Headers& headers,
                                          const std::optional<Principal>& caller) {
  detail::State& s = host_.state();
  RouteAnswer answer;
  answer.slot_ = std::make_shared<RouteAnswer::Slot>();
  int own = 404;
  MountedRoute mounted;
  Headers params;
  Principal who;
  {
    const std::lock_guard lock(s.mutex);
    for (const MountedRoute& m : s.routes) {
      auto fits = detail::match(m.pattern, path.substr(0, path.find('?')));
      if (!fits) continue;
      if (own == 404) own = 405;
      // A pattern without parameters goes before one with them.
      if (m.method != method || (own == 0 && fits->size() >= params.size())) continue;
      own = 0;
      mounted = m;
      params = *std::move(fits);
    }
  }
  if (own == 0) {
    if (caller)
      who = *caller;
    else if (mounted.auth != GARDU_AUTH_NONE)
      who = {mounted.auth, std::string(kWorkspace), "fake-user", "fake-token", "Test"};
    own = detail::refused_by_host(mounted, body, who);
  }
  if (own != 0) {
    detail::set_answer(*answer.slot_, HttpResponse::text(own, {}), false);
    return answer;
  }
  replies_.push_back(std::make_unique<detail::ReplyDuty>(
      detail::ReplyDuty{&s,
                        s.duty("the reply to " + mounted.method + " " + mounted.pattern,
                               "exactly one of send and drop, exactly once"),
                        answer.slot_}));
  detail::Shown shown;
  auto* reply = shown.sized<gardu_http_reply>();
  reply->context = replies_.back().get();
  reply->send = &detail::reply_send;
  reply->drop = &detail::reply_drop;
  const auto* request = detail::show_request(shown, method, path, body, headers, params, who);
  (void)call("a route", [&](gardu_error*) {
    mounted.handle(mounted.user, request, reply);
    s.bury(shown);
    return int32_t{GARDU_OK};
  });
  return answer;
}

}  // namespace gardu::testing
