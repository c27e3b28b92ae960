// SPDX-License-Identifier: Apache-2.0
#include "api/api.hpp"

#include <algorithm>
#include <stdexcept>

#include "storage/error.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kWorkers = 8, kQueue = 2000;
constexpr const char* kAllowedHeaders =
    "Authorization, Content-Type, X-Requested-With, X-CSRF-TOKEN, X-Socket-Id, Idempotency-Key, "
    "Last-Event-ID";

std::string_view bearer(const http::RequestHead& head) {
  const std::string_view value = head.headers.get("Authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size() ||
      !http::equals_ignoring_case(value.substr(0, kScheme.size()), kScheme))
    return {};
  return value.substr(kScheme.size());
}

Role role_for(std::uint32_t auth) {
  return static_cast<Role>(std::min<std::uint32_t>(auth, GARDU_AUTH_PLATFORM) - 1);
}

http::Response no_route(const http::RouteMatch<ApiRoute>& m, const std::string& request_id) {
  switch (m.status) {
    case http::MatchStatus::kBadPath:
      return http::Response::problem(400, "The path is not well formed.", request_id);
    case http::MatchStatus::kMethodNotAllowed: {
      auto r =
          http::Response::problem(405, "This route takes " + m.allow_header() + ".", request_id);
      r.headers.set("Allow", m.allow_header());
      return r;
    }
    default:
      return problem_of(ApiError::not_found(), request_id);
  }
}

// What a storage error is to a client; the text stays in the log.
ApiError for_client(const storage::Error& e) {
  switch (e.kind()) {
    case storage::ErrorKind::constraint:
      return {409, "It exists already, or what it refers to does not."};
    default:
      return ApiError(503, "The database does not take this at the moment.").retry_after(1);
  }
}

}  // namespace

struct Api::Work {
  http::Request request;
  http::Responder responder;
  http::RouteMatch<ApiRoute> match;
};

void add_route(ApiRouter& router, const char* method, const std::string& pattern, ApiRoute route) {
  if (const auto wrong = router.add(method, pattern, std::move(route), "host"))
    throw std::logic_error(*wrong);
}

void read_route(ApiRouter& router, const std::string& pattern,
                std::function<http::Response(Call&)> handle, Role role) {
  ApiRoute r;
  r.role = role;
  r.handle = std::move(handle);
  add_route(router, "GET", "/api/v1" + pattern, std::move(r));
}

void write_route(ApiRouter& router, const char* method, const std::string& pattern, Role role,
                 const char* scope, std::function<http::Response(Call&)> handle) {
  ApiRoute r;
  r.role = role;
  r.scope = scope;
  r.handle = std::move(handle);
  add_route(router, method, "/api/v1" + pattern, std::move(r));
}

Api::Api(ApiContext context)
    : context_(std::move(context)),
      streams_(context_.database, context_.feed),
      workers_(kWorkers, kQueue) {
  for (const auto add :
       {add_health_routes, add_workspace_routes, add_token_routes, add_account_routes,
        add_contact_routes, add_message_routes, add_event_routes, add_operation_routes})
    add(router_);
}

Api::~Api() { stop(); }

void Api::stop() {
  streams_.stop();
  workers_.stop();
}

http::HeadDecision Api::on_head(const http::RequestHead& head) {
  http::HeadDecision d;
  d.body_limit = context_.limits.max_body;
  if (head.method == "OPTIONS") return d;
  auto m = router_.match(head.method, head.path);
  const auto reject = [&](http::Response r) {
    decorate(head, r);
    d.reject = std::move(r);
  };
  if (m.status != http::MatchStatus::kFound) {
    reject(no_route(m, head.request_id));
    return d;
  }
  const ApiRoute& route = *m.value;
  d.deadline = route.deadline;
  d.body_limit = route.body_limit != 0 ? route.body_limit : context_.limits.max_body;
  if (route.kind != ApiRoute::Kind::open && context_.draining()) {
    auto r = http::Response::problem(503, "The gateway is stopping.", head.request_id);
    r.headers.set("Retry-After", "5");
    reject(std::move(r));
  }
  return d;
}

void Api::on_request(http::Request&& request, http::Responder responder) {
  if (request.method == "OPTIONS") {
    responder.send(preflight(request));
    return;
  }
  const auto work = std::make_shared<Work>();
  work->match = router_.match(request.method, request.path);
  work->request = std::move(request);
  work->responder = std::move(responder);
  if (work->match.status != http::MatchStatus::kFound) {
    answer(*work, no_route(work->match, work->request.request_id), {});
    return;
  }
  const ApiRoute& route = *work->match.value;
  // Nothing to look up: straight on, without a change of thread.
  if (route.kind == ApiRoute::Kind::plugin && route.plugin->auth == GARDU_AUTH_NONE)
    return hand_to_plugin(work, {});
  if (!workers_.post([this, work] { run(work); })) {
    answer(
        *work,
        problem_of(ApiError(503, "Too much is waiting.").retry_after(1), work->request.request_id),
        {});
  }
}

Principal Api::authenticate(const Work& work) {
  const std::string_view token = bearer(work.request);
  if (token.empty()) throw ApiError(401, "Send a token as Authorization: Bearer.");
  const auto principal = context_.tokens.authenticate(token);
  if (!principal) throw ApiError(401, "The token is unknown or has expired.");
  const ApiRoute& route = *work.match.value;
  if (principal->suspended) throw ApiError(403, "The workspace is suspended.");
  if (route.kind == ApiRoute::Kind::plugin) {
    if (!principal->at_least(role_for(route.plugin->auth)))
      throw ApiError(403, "The token's role does not allow this.");
  } else if (!principal->at_least(route.role) || !principal->may(route.scope)) {
    throw ApiError(403, "The token's role or scopes do not allow this.");
  }
  return *principal;
}

void Api::run(const std::shared_ptr<Work>& work) {
  const ApiRoute& route = *work->match.value;
  const std::string& id = work->request.request_id;
  Rates::Answer rate;
  try {
    Principal principal;
    if (route.kind != ApiRoute::Kind::open) {
      principal = authenticate(*work);
      rate = rates_.take(principal.token_id, context_.limits.requests_per_minute,
                         std::chrono::minutes(1));
      if (!rate.allowed)
        throw ApiError(429, "The token's requests of this minute are used up.")
            .retry_after(static_cast<int>(rate.reset_s));
    }
    if (route.kind == ApiRoute::Kind::plugin) return hand_to_plugin(work, principal);
    Call call{context_, rates_, work->request, work->match.params, principal, work->match.pattern};
    if (route.kind == ApiRoute::Kind::events && EventStreams::wanted(work->request)) {
      http::Response head;
      decorate(work->request, head);
      streams_.open(call, work->responder, std::move(head));
      return;
    }
    answer(*work, route.handle(call), rate);
  } catch (const ApiError& e) {
    answer(*work, problem_of(e, id), rate);
  } catch (const storage::Error& e) {
    context_.log.warn("{} {}: {}", work->request.method, work->match.pattern, e.what());
    answer(*work, problem_of(for_client(e), id), rate);
  } catch (const std::exception& e) {
    context_.log.error("{} {} (request {}): {}", work->request.method, work->match.pattern, id,
                       e.what());
    answer(*work, http::Response::problem(500, "Something is broken here; the log says more.", id),
           rate);
  }
}

void Api::hand_to_plugin(const std::shared_ptr<Work>& work, const Principal& p) {
  RoutedRequest routed;
  routed.params = work->match.params;
  if (!p.token_id.empty()) {
    routed.auth = static_cast<std::uint32_t>(p.role) + 1;
    routed.workspace_id = p.workspace_id;
    routed.user_id = p.user_id;
    routed.token_id = p.token_id;
    routed.principal_name = p.name;
  }
  routed.request = work->request;
  work->match.value->plugin->handle(std::move(routed), work->responder);
}

void Api::answer(const Work& work, http::Response response, const Rates::Answer& rate) {
  decorate(work.request, response);
  if (rate.limit > 0) {
    response.headers.set("RateLimit-Limit", std::to_string(rate.limit));
    response.headers.set("RateLimit-Remaining", std::to_string(rate.remaining));
    response.headers.set("RateLimit-Reset", std::to_string(rate.reset_s));
  }
  const std::string route = work.match.pattern.empty() ? "none" : work.match.pattern;
  if (auto* series = context_.metrics.define(
          Metrics::Kind::counter, "gardu_http_requests_total", "Requests answered by the API.",
          Metrics::label("route", route) + "," + Metrics::label("method", work.request.method) +
              "," + Metrics::label("status", std::to_string(response.status / 100) + "xx")))
    series->add();
  work.responder.send(std::move(response));
}

// CORS, for the origins that the configuration names.
void Api::decorate(const http::RequestHead& head, http::Response& response) const {
  const std::string_view origin = head.headers.get("Origin");
  if (origin.empty()) return;
  const auto& allowed = context_.limits.cors_origins;
  const bool any = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
  if (!any && std::find(allowed.begin(), allowed.end(), origin) == allowed.end()) return;
  response.headers.set("Access-Control-Allow-Origin", any ? "*" : origin);
  if (!any) response.headers.add("Vary", "Origin");
  response.headers.set("Access-Control-Expose-Headers",
                       "X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
                       "Retry-After");
}

http::Response Api::preflight(const http::RequestHead& head) const {
  http::Response r = http::Response::empty(204);
  decorate(head, r);
  if (!r.headers.has("Access-Control-Allow-Origin")) return r;
  r.headers.set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE, PUT");
  r.headers.set("Access-Control-Allow-Headers", kAllowedHeaders);
  r.headers.set("Access-Control-Max-Age", "600");
  return r;
}

Status Api::add_plugin_route(const std::string& plugin, PluginRoute route) {
  const auto below = [&](const std::string& prefix) {
    return route.pattern == prefix || route.pattern.rfind(prefix + "/", 0) == 0;
  };
  if (!below("/api/v1/" + plugin) && !below("/webhooks/" + plugin) &&
      route.pattern.rfind("/broadcasting/", 0) != 0)
    return Status::invalid("a plugin's routes are below /api/v1/" + plugin + ", /webhooks/" +
                           plugin + " or /broadcasting/, not " + route.pattern);
  ApiRoute r;
  r.kind = ApiRoute::Kind::plugin;
  r.body_limit = route.body_limit;
  if (route.deadline > 0) r.deadline = std::chrono::milliseconds(route.deadline / 1000);
  const std::string method = route.method, pattern = route.pattern;
  r.plugin = std::make_shared<const PluginRoute>(std::move(route));
  if (auto wrong = router_.add(method, pattern, std::move(r), "plugin:" + plugin))
    return Status::invalid(*wrong);
  return {};
}

void Api::remove_plugin_routes(const std::string& plugin) {
  router_.remove_owner("plugin:" + plugin);
}

}  // namespace gardu::host
