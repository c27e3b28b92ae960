// SPDX-License-Identifier: Apache-2.0
//
// Requests to a plugin's routes, and their answers.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/ext/http_routes.h"
#include "result.hpp"

namespace gardu {

// The value of the first header of that name, whatever its case; empty when there is none.
inline std::string_view find_header(const gardu_header* headers, uint32_t count,
                                    std::string_view name) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view have = view(headers[i].name);
    if (std::equal(have.begin(), have.end(), name.begin(), name.end(),
                   [&](char a, char b) { return lower(a) == lower(b); }))
      return view(headers[i].value);
  }
  return {};
}

// Who called; empty on a route with GARDU_AUTH_NONE. Owned, so it may be kept.
struct Principal {
  // gardu_route_auth: the role of the token.
  uint32_t auth = GARDU_AUTH_NONE;
  std::string workspace_id, /* empty for a platform token */
      user_id,              /* empty for an API token */
      token_id,             /* of the token, never the token itself */
      name;                 /* of the user or token, for people */
};

// Valid until the handler returns.
class HttpRequest {
 public:
  // Looks at `r`, which must outlive it.
  explicit HttpRequest(const gardu_http_request& r) noexcept : r_(&r) {}
  // "GET", …
  std::string_view method() const noexcept { return view(r_->method); }
  // As received, still percent-encoded.
  std::string_view path() const noexcept { return view(r_->path); }
  // Raw, without '?'.
  std::string_view query() const noexcept { return view(r_->query); }
  std::string_view body() const noexcept { return view(r_->body); }  // the raw bytes
  // The caller's; X-Forwarded-For counts from a trusted proxy alone.
  std::string_view remote_address() const noexcept { return view(r_->remote_address); }
  // To name it by in logs and answers.
  std::string_view request_id() const noexcept { return view(r_->request_id); }
  // The first header of that name, whatever its case; empty when there is none.
  std::string_view header(std::string_view name) const noexcept {
    return find_header(r_->headers, r_->header_count, name);
  }
  // What stood in the place of {name}, percent-decoded.
  std::string_view param(std::string_view name) const noexcept {
    for (uint32_t i = 0; i < r_->param_count; ++i)
      if (view(r_->params[i].name) == name) return view(r_->params[i].value);
    return {};
  }
  // Who called, copied.
  Principal principal() const {
    if (r_->principal == nullptr) return {};
    const gardu_principal& p = *r_->principal;
    return {p.auth, std::string(view(p.workspace_id)), std::string(view(p.user_id)),
            std::string(view(p.token_id)), std::string(view(p.name))};
  }
  const gardu_http_request& raw() const noexcept { return *r_; }

 private:
  const gardu_http_request* r_;
};

// An answer, owned.
struct HttpResponse {
  // Sent as 500 when it is not within 100 to 599.
  int status = 200;
  // May be empty.
  std::string body;
  // Empty: none is sent.
  std::string content_type = "application/json";
  // Further ones; malformed ones are left out.
  std::vector<std::pair<std::string, std::string>> headers;

  // Plain text in UTF-8.
  static HttpResponse text(int status, std::string body) {
    return {status, std::move(body), "text/plain; charset=utf-8", {}};
  }
  // `body` is JSON already.
  static HttpResponse json(int status, std::string body) {
    return {status, std::move(body), "application/json", {}};
  }
};

// The right to answer one request, once, from any thread. Dropped unanswered: the caller gets 500.
class HttpReply {
 public:
  // Takes over the right that comes with `r`.
  explicit HttpReply(const gardu_http_reply& r) noexcept : r_(r) {}
  // Takes over the right; `o` has none left.
  HttpReply(HttpReply&& o) noexcept : r_(std::exchange(o.r_, gardu_http_reply{})) {}
  // Swaps the rights.
  HttpReply& operator=(HttpReply&& o) noexcept {
    std::swap(r_, o.r_);
    return *this;
  }
  HttpReply(const HttpReply&) = delete;
  HttpReply& operator=(const HttpReply&) = delete;
  // Gives up what was not answered: the caller gets 500.
  ~HttpReply() {
    if (r_.drop != nullptr) r_.drop(r_.context);
  }

  // Answers, copying all it needs. Nothing happens when it was answered before.
  void send(const HttpResponse& response) {
    if (r_.send == nullptr) return;
    std::vector<gardu_header> headers;
    headers.reserve(response.headers.size());
    for (const auto& [name, value] : response.headers) headers.push_back({str(name), str(value)});
    const gardu_http_response out{sizeof(gardu_http_response),
                                  response.status,
                                  str(response.content_type),
                                  str(response.body),
                                  headers.data(),
                                  static_cast<uint32_t>(headers.size()),
                                  0};
    const gardu_http_reply r = std::exchange(r_, gardu_http_reply{});
    r.send(r.context, &out);
  }

 private:
  gardu_http_reply r_;
};

// A route: the handler runs on the plugin's thread and answers at once or later.
struct Route {
  std::string method, /* "GET", … */
      pattern;        /* "/webhooks/meta_cloud", "/api/v1/x/{id}" */
  // Who may call: the host checks it before the handler sees the request.
  gardu_route_auth auth = GARDU_AUTH_ADMIN;
  // [plugin-thread & started] What it throws is logged.
  std::function<void(const HttpRequest&, HttpReply)> handler;
  uint64_t body_limit = 0;  // bytes; 0: the host's default
  Micros deadline{0};       // 0: the host's default
};

}  // namespace gardu
