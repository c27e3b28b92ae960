// SPDX-License-Identifier: Apache-2.0
#include "plugins/http_bridge.hpp"

#include <memory>

namespace gardu::host {
namespace {

struct Exchange {
  RoutedRequest routed;
  http::Responder responder;

  void answer(http::Response response) { responder.send(std::move(response)); }
  void unavailable() {
    auto response = http::Response::problem(503, "The plugin behind this route is not available.",
                                            routed.request.request_id);
    response.headers.set("Retry-After", "1");
    answer(std::move(response));
  }
};

// One reference held by the plugin's reply.
struct ReplyContext {
  std::shared_ptr<Exchange> exchange;
};

void send_reply(void* context, const gardu_http_response* in) noexcept {
  const std::unique_ptr<ReplyContext> reply(static_cast<ReplyContext*>(context));
  try {
    http::Response out;
    out.status = in->status >= 100 && in->status <= 599 ? in->status : 500;
    out.body = view(in->body);
    if (in->content_type.size != 0) out.headers.set("Content-Type", view(in->content_type));
    for (std::uint32_t i = 0; i < in->header_count; ++i) {
      const std::string_view name = view(in->headers[i].name), value = view(in->headers[i].value);
      // A line break in either would let a plugin's data write headers of its own.
      if (name.find_first_of("\r\n: ") == std::string_view::npos &&
          value.find_first_of("\r\n") == std::string_view::npos)
        out.headers.add(name, value);
    }
    reply->exchange->answer(std::move(out));
  } catch (...) {
    // Out of memory: the responder's destructor answers 500.
  }
}

void drop_reply(void* context) noexcept {
  const std::unique_ptr<ReplyContext> reply(static_cast<ReplyContext*>(context));
  try {
    reply->exchange->answer(http::Response::problem(500, "The plugin gave no answer.",
                                                    reply->exchange->routed.request.request_id));
  } catch (...) {
  }
}

void call(const std::shared_ptr<Exchange>& exchange,
          void (*handle)(void*, const gardu_http_request*, const gardu_http_reply*), void* user) {
  const RoutedRequest& r = exchange->routed;
  std::vector<gardu_header> headers, params;
  for (const auto& h : r.request.headers) headers.push_back({str(h.name), str(h.value)});
  for (const auto& [name, value] : r.params) params.push_back({str(name), str(value)});
  gardu_principal principal{};
  principal.size = sizeof principal;
  principal.auth = r.auth;
  principal.workspace_id = str(r.workspace_id);
  principal.user_id = str(r.user_id);
  principal.token_id = str(r.token_id);
  principal.name = str(r.principal_name);
  gardu_http_request q{};
  q.size = sizeof q;
  q.header_count = static_cast<std::uint32_t>(headers.size());
  q.param_count = static_cast<std::uint32_t>(params.size());
  q.method = str(r.request.method);
  q.path = str(r.request.path);
  q.query = str(r.request.query);
  q.body = str(r.request.body);
  q.remote_address = str(r.request.remote_address);
  q.request_id = str(r.request.request_id);
  q.headers = headers.data();
  q.params = params.data();
  q.principal = &principal;
  auto context = std::make_unique<ReplyContext>(ReplyContext{exchange});
  const gardu_http_reply reply{sizeof(gardu_http_reply), 0, context.release(), &send_reply,
                               &drop_reply};
  handle(user, &q, &reply);
}

}  // namespace

void hand_to_plugin(Mailbox& mailbox,
                    void (*handle)(void*, const gardu_http_request*, const gardu_http_reply*),
                    void* user, RoutedRequest request, http::Responder responder) {
  const auto exchange =
      std::make_shared<Exchange>(Exchange{std::move(request), std::move(responder)});
  if (!mailbox.post({[exchange, handle, user] { call(exchange, handle, user); },
                     [exchange] { exchange->unavailable(); }}))
    exchange->unavailable();
}

}  // namespace gardu::host
