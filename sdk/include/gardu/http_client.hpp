// SPDX-License-Identifier: Apache-2.0
//
// Requests to the outside through the host's pooled connections; what is refused, and what never
// reaches a log, is in abi/ext/http_client.h.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/ext/http_client.h"
#include "detail/callbacks.hpp"
#include "http.hpp"

namespace gardu {

// A request to somebody. `url` is absolute, without a user or password in it.
struct HttpCall {
  std::string method = "GET", /* upper case, e.g. "POST" */
      url = {},               /* http or https */
      body = {};              /* may be empty */
  // Names with their values.
  std::vector<std::pair<std::string, std::string>> headers = {};
  Micros deadline{0};       // for all of it; 0: 30 s
  uint64_t max_answer = 0;  // bytes; 0: 1 MiB
};

// Valid during the callback.
class HttpAnswer {
 public:
  // Looks at `a`, which must outlive it.
  explicit HttpAnswer(const gardu_http_answer& a) noexcept : a_(&a) {}
  // The request was carried out and answered; else the members below are empty.
  bool answered() const noexcept { return a_->progress == GARDU_HTTP_ANSWERED; }
  // Nothing was carried out: the same may be tried again without harm.
  bool not_carried_out() const noexcept {
    return a_->progress == GARDU_HTTP_UNREACHABLE || a_->progress == GARDU_HTTP_UNSENT ||
           a_->progress == GARDU_HTTP_REFUSED;
  }
  uint32_t progress() const noexcept { return a_->progress; }  // gardu_http_progress
  // E.g. 200.
  int status() const noexcept { return a_->status; }
  // Whole.
  std::string_view body() const noexcept { return view(a_->body); }
  // For people, when it was not answered; without the URL's query.
  std::string_view error() const noexcept { return view(a_->error); }
  // The first header of that name, whatever its case; empty when there is none.
  std::string_view header(std::string_view name) const noexcept {
    return find_header(a_->headers, a_->header_count, name);
  }
  const gardu_http_answer& raw() const noexcept { return *a_; }

 private:
  const gardu_http_answer* a_;
};

// [any-thread & started], a cheap value.
class HttpClient {
 public:
  // Told once what came of a request.
  using Done = std::function<void(const HttpAnswer&)>;
  // Throws Failure with GARDU_UNSUPPORTED where there is no gardu.http-client/1. `log` may be null.
  // The host must outlive it.
  HttpClient(const gardu_host& host, const gardu_host_log* log)
      : context_(host.context),
        log_(log),
        table_(detail::need(detail::find<gardu_host_http_client>(host, GARDU_EXT_HTTP_CLIENT),
                            GARDU_EXT_HTTP_CLIENT)) {}

  // Fine: `done` is called once, on the plugin's thread (on any, when the plugin stops first); what
  // it throws is logged. GARDU_FULL, GARDU_STOPPED: it is not.
  Status request(const HttpCall& call, Done done) const {
    std::vector<gardu_header> headers;
    for (const auto& [name, value] : call.headers) headers.push_back({str(name), str(value)});
    gardu_http_call raw{};
    raw.size = sizeof raw;
    raw.header_count = static_cast<uint32_t>(headers.size());
    raw.method = str(call.method);
    raw.url = str(call.url);
    raw.headers = headers.data();
    raw.body = str(call.body);
    raw.deadline = call.deadline.count();
    raw.max_answer = call.max_answer;
    using K = detail::Kept<Done>;
    auto user = std::make_unique<K>(K{std::move(done), log_, context_});
    gardu_error error = Status::record();
    const int32_t code = table_.request(
        context_, &raw,
        [](void* u, const gardu_http_answer* answer) noexcept {
          const std::unique_ptr<K> f(static_cast<K*>(u));
          f->run("the end of a request", HttpAnswer(*answer));
        },
        user.get(), &error);
    if (code == GARDU_OK) (void)user.release();
    return Status::read_from(code, error);
  }

 private:
  void* context_;
  const gardu_host_log* log_;
  const gardu_host_http_client& table_;
};

}  // namespace gardu
