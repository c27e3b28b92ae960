// SPDX-License-Identifier: Apache-2.0
#include "plugins/http_bridge.hpp"

#include <memory>

#include "plugins/wire.hpp"

namespace gardu::host {
namespace {

struct Exchange {
  RoutedRequest routed;
  http::Responder responder;

  void answer(http::Response response) { responder.send(std::move(response)); }
  void unavailable() { answer_unavailable(routed, responder); }
};

// One reference held by the plugin's reply.
struct ReplyContext {
  std::shared_ptr<Exchange> exchange;
};

// A line break in either would let a plugin's data write headers of its own.
bool is_header(std::string_view name, std::string_view value) {
  return name.find_first_of("\r\n: ") == std::string_view::npos &&
         value.find_first_of("\r\n") == std::string_view::npos;
}

int status_of(std::int32_t status) { return status >= 100 && status <= 599 ? status : 500; }

void send_reply(void* context, const gardu_http_response* in) noexcept {
  const std::unique_ptr<ReplyContext> reply(static_cast<ReplyContext*>(context));
  try {
    http::Response out;
    out.status = status_of(in->status);
    out.body = view(in->body);
    if (in->content_type.size != 0) out.headers.set("Content-Type", view(in->content_type));
    for (std::uint32_t i = 0; i < in->header_count; ++i)
      if (is_header(view(in->headers[i].name), view(in->headers[i].value)))
        out.headers.add(view(in->headers[i].name), view(in->headers[i].value));
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

void answer_unavailable(const RoutedRequest& request, http::Responder& responder) {
  auto response = http::Response::problem(503, "The plugin behind this route is not available.",
                                          request.request.request_id);
  response.headers.set("Retry-After", "1");
  responder.send(std::move(response));
}

std::string pack_request(std::uint64_t route, const RoutedRequest& r) {
  std::string out;
  wire::Writer writer(out);
  const auto pairs = [&](const auto& list) {
    writer.put(static_cast<std::uint64_t>(list.size()));
    for (const auto& [name, value] : list) writer.put(name, value);
  };
  writer.put(route, r.request.method, r.request.path, r.request.query, r.request.body,
             r.request.remote_address, r.request.request_id);
  pairs(r.request.headers);
  pairs(r.params);
  writer.put(r.auth, r.workspace_id, r.user_id, r.token_id, r.principal_name);
  return out;
}

ReceivedRequest::ReceivedRequest(std::string packed) : packed_(std::move(packed)) {
  wire::Reader in(packed_);
  const auto pairs = [&](std::vector<gardu_header>& list) {
    const auto count = in.get<std::uint64_t>();
    for (std::uint64_t i = 0; i < count; ++i) {
      gardu_header& h = list.emplace_back();
      in.into(h.name, h.value);
    }
  };
  in.into(route_, view_.method, view_.path, view_.query, view_.body, view_.remote_address,
          view_.request_id);
  pairs(headers_);
  pairs(params_);
  principal_.size = sizeof principal_;
  in.into(principal_.auth, principal_.workspace_id, principal_.user_id, principal_.token_id,
          principal_.name);
  view_.size = sizeof view_;
  view_.header_count = static_cast<std::uint32_t>(headers_.size());
  view_.param_count = static_cast<std::uint32_t>(params_.size());
  view_.headers = headers_.data();
  view_.params = params_.data();
  view_.principal = &principal_;
}

std::string pack_response(const gardu_http_response* in) {
  if (in == nullptr) return {};
  std::string out;
  wire::Writer writer(out);
  writer.put(in->status, in->content_type, in->body, static_cast<std::uint64_t>(in->header_count));
  for (std::uint32_t i = 0; i < in->header_count; ++i)
    writer.put(in->headers[i].name, in->headers[i].value);
  return out;
}

void answer_from(const std::string& packed, const RoutedRequest& request,
                 http::Responder& responder) {
  http::Response out;
  try {
    wire::Reader in(packed);
    out.status = status_of(in.get<std::int32_t>());
    const auto type = in.get<std::string_view>();
    if (!type.empty()) out.headers.set("Content-Type", type);
    in.take(out.body);
    const auto count = in.get<std::uint64_t>();
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto name = in.get<std::string_view>(), value = in.get<std::string_view>();
      if (is_header(name, value)) out.headers.add(name, value);
    }
  } catch (const std::exception&) {
    out = http::Response::problem(500, "The plugin gave no answer.", request.request.request_id);
  }
  responder.send(std::move(out));
}

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
