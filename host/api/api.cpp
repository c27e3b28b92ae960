// SPDX-License-Identifier: Apache-2.0
#include "api/api.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "api/decorated.hpp"
#include "storage/error.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kWorkers = 8, kQueue = 2000;
// The workspace's own resources: no plugin may put routes among them.
constexpr std::array<std::string_view, 9> kOwn{"me",       "workspaces", "tokens",
                                               "accounts", "contacts",   "messages",
                                               "events",   "outbox",     "plugins"};

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

// What a plugin's route asks of a token that is narrowed by scopes.
const char* scope_for(std::uint32_t auth) {
  return auth <= GARDU_AUTH_VIEWER ? "read" : auth == GARDU_AUTH_AGENT ? "send" : "manage";
}

bool needs_token(const ApiRoute& route) {
  return route.kind == ApiRoute::Kind::plugin ? route.plugin->auth != GARDU_AUTH_NONE
                                              : route.kind != ApiRoute::Kind::open;
}

// Methods are the client's to choose; the metrics' series must not be.
std::string known_method(const std::string& method) {
  for (const char* m : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    if (method == m) return method;
  return "other";
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

void any_role_route(ApiRouter& router, const std::string& pattern,
                    std::function<http::Response(Call&)> handle) {
  ApiRoute r;
  r.any_role = true;
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

void action_route(ApiRouter& router, const char* method, const std::string& pattern, Role role,
                  const char* scope, std::function<void(Call&, AnswerLater)> begin) {
  ApiRoute r;
  r.role = role;
  r.scope = scope;
  r.begin = std::move(begin);
  add_route(router, method, "/api/v1" + pattern, std::move(r));
}

Api::Api(ApiContext context)
    : context_(std::move(context)),
      cors_(context_.limits.cors_origins),
      streams_(context_.database, context_.feed, context_.tokens, context_.log, {}),
      workers_(kWorkers, kQueue) {
  for (const auto add :
       {add_health_routes, add_workspace_routes, add_token_routes, add_account_routes,
        add_account_action_routes, add_contact_routes, add_message_routes,
        add_message_action_routes, add_event_routes, add_operation_routes, add_plugin_routes})
    add(router_);
}

Api::~Api() { stop(); }

void Api::stop() {
  streams_.stop();
  workers_.stop();
}

// What can be said before the body, and without the database.
http::HeadDecision Api::on_head(const http::RequestHead& head) {
  http::HeadDecision d;
  d.body_limit = context_.limits.max_body;
  if (head.method == "OPTIONS") return d;
  const auto m = router_.match(head.method, head.path);
  const auto reject = [&](http::Response r) {
    finish(head, m.pattern, {}, r);
    d.reject = std::move(r);
  };
  if (m.status != http::MatchStatus::kFound) {
    reject(no_route(m, head.request_id));
    return d;
  }
  const ApiRoute& route = *m.value;
  d.deadline = route.deadline;
  // A plugin's as it declared it; the gateway's own stay within the configured one.
  if (route.kind == ApiRoute::Kind::plugin) {
    if (route.body_limit != 0) d.body_limit = route.body_limit;
  } else {
    d.body_limit = std::min(d.body_limit, route.body_limit);
  }
  if (route.kind != ApiRoute::Kind::open && context_.draining()) {
    reject(problem_of(ApiError(503, "The gateway is stopping.").retry_after(5), head.request_id));
  } else if (needs_token(route) && !TokenService::plausible(bearer(head))) {
    reject(problem_of({401, "Send a token as Authorization: Bearer."}, head.request_id));
  }
  return d;
}

void Api::on_request(http::Request&& request, http::Responder responder) {
  if (request.method == "OPTIONS") {
    responder.send(cors_.preflight(request));
    return;
  }
  const auto work = std::make_shared<Work>();
  work->match = router_.match(request.method, request.path);
  work->request = std::move(request);
  work->responder = std::move(responder);
  const std::string& id = work->request.request_id;
  if (work->match.status != http::MatchStatus::kFound)
    return answer(*work, no_route(work->match, id), {});
  const ApiRoute& route = *work->match.value;
  // Nothing to look up: straight on, without a change of thread.
  if (route.kind == ApiRoute::Kind::plugin && !needs_token(route))
    return hand_to_plugin(work, {}, {});
  if (route.direct) return run(work);
  if (!workers_.post([this, work] { run(work); }))
    answer(*work, problem_of(ApiError(503, "Too much is waiting.").retry_after(1), id), {});
}

Principal Api::authenticate(const Work& work) {
  const std::string_view token = bearer(work.request);
  if (token.empty()) throw ApiError(401, "Send a token as Authorization: Bearer.");
  auto principal = context_.tokens.authenticate(token);
  if (!principal) throw ApiError(401, "The token is unknown or has expired.");
  return std::move(*principal);
}

void Api::authorize(const ApiRoute& route, const Principal& p) {
  if (p.suspended) throw ApiError(403, "The workspace is suspended.");
  const bool plugin = route.kind == ApiRoute::Kind::plugin;
  const Role role = plugin ? role_for(route.plugin->auth) : route.role;
  const std::string scope = plugin ? scope_for(route.plugin->auth) : route.scope;
  if (!(route.any_role || p.at_least(role)) || !p.may(scope))
    throw ApiError(403, "The token's role or scopes do not allow this.");
  // What a plugin is told of a caller does not say which accounts it is narrowed to: it can ask
  // (gardu.auth), but whether it does before it changes anything is not known here.
  if (plugin && p.accounts && role > Role::viewer)
    throw ApiError(403, "A token that is narrowed to some accounts cannot use this route.");
}

void Api::run(const std::shared_ptr<Work>& work) {
  const ApiRoute& route = *work->match.value;
  Rates::Answer rate;
  bool answered = false;  // or somebody else has to
  auto response = guarded(*work, [&]() -> http::Response {
    Principal principal;
    if (needs_token(route)) {
      principal = authenticate(*work);
      rate = rates_.take(principal.token_id, context_.limits.requests_per_minute,
                         std::chrono::minutes(1));
      if (!rate.allowed)
        throw ApiError(429, "The token's requests of this minute are used up.")
            .retry_after(static_cast<int>(rate.reset_s));
      authorize(route, principal);
    }
    Call call{context_, rates_, work->request, work->match.params, principal, work->match.pattern};
    if (route.kind == ApiRoute::Kind::plugin) {
      hand_to_plugin(work, principal, rate);
    } else if (route.kind == ApiRoute::Kind::events && EventStreams::wanted(work->request)) {
      open_stream(*work, call, rate);
    } else if (route.begin) {
      route.begin(call, later(work, rate));
    } else {
      return route.handle(call);
    }
    answered = true;
    return {};
  });
  if (!answered) answer(*work, std::move(response), rate);
}

http::Response Api::guarded(const Work& work, const std::function<http::Response()>& body) const {
  const std::string& id = work.request.request_id;
  try {
    return body();
  } catch (const ApiError& e) {
    return problem_of(e, id);
  } catch (const storage::Error& e) {
    context_.log.warn("{} {}: {}", work.request.method, work.match.pattern, e.what());
    return problem_of(for_client(e), id);
  } catch (const std::exception& e) {
    context_.log.error("{} {} (request {}): {}", work.request.method, work.match.pattern, id,
                       e.what());
    return http::Response::problem(500, "Something is broken here; the log says more.", id);
  }
}

AnswerLater Api::later(const std::shared_ptr<Work>& work, const Rates::Answer& rate) {
  return [this, work, rate](std::function<http::Response()> body) {
    const bool posted = workers_.post(
        [this, work, rate, body = std::move(body)] { answer(*work, guarded(*work, body), rate); });
    if (!posted)
      answer(*work,
             problem_of(ApiError(503, "Too much is waiting.").retry_after(1),
                        work->request.request_id),
             rate);
  };
}

void Api::open_stream(const Work& work, const Call& call, const Rates::Answer& rate) {
  const auto responder = decorated(work.responder, [&](http::Response& head) {
    finish(work.request, work.match.pattern, rate, head);
  });
  streams_.open(call, bearer(work.request), responder, {});
}

void Api::hand_to_plugin(const std::shared_ptr<Work>& work, const Principal& p,
                         const Rates::Answer& rate) {
  RoutedRequest routed;
  routed.params = work->match.params;
  if (!p.token_id.empty()) {
    routed.auth = static_cast<std::uint32_t>(p.role) + 1;
    routed.workspace_id = p.workspace_id;
    routed.user_id = p.user_id;
    routed.token_id = p.token_id;
    routed.principal_name = p.name;
  }
  http::RequestHead head = work->request;
  routed.request = std::move(work->request);
  // The host has checked the token; it is nobody else's to hold.
  if (needs_token(*work->match.value)) routed.request.headers.remove("Authorization");
  auto responder = decorated(std::exchange(work->responder, {}),
                             [this, head = std::move(head), pattern = work->match.pattern,
                              rate](http::Response& r) { finish(head, pattern, rate, r); });
  work->match.value->plugin->handle(std::move(routed), std::move(responder));
}

void Api::answer(const Work& work, http::Response response, const Rates::Answer& rate) {
  finish(work.request, work.match.pattern, rate, response);
  work.responder.send(std::move(response));
}

void Api::finish(const http::RequestHead& head, const std::string& pattern,
                 const Rates::Answer& rate, http::Response& response) const {
  cors_.decorate(head, response);
  if (rate.limit > 0) {
    response.headers.set("RateLimit-Limit", std::to_string(rate.limit));
    response.headers.set("RateLimit-Remaining", std::to_string(rate.remaining));
    response.headers.set("RateLimit-Reset", std::to_string(rate.reset_s));
  }
  if (auto* series = context_.metrics.define(
          Metrics::Kind::counter, "gardu_http_requests_total", "Requests answered by the API.",
          Metrics::label("route", pattern.empty() ? "none" : pattern) + "," +
              Metrics::label("method", known_method(head.method)) + "," +
              Metrics::label("status", std::to_string(response.status / 100) + "xx")))
    series->add();
}

Status Api::add_plugin_route(const std::string& plugin, PluginRoute route) {
  const auto below = [&](const std::string& prefix) {
    return route.pattern == prefix || route.pattern.rfind(prefix + "/", 0) == 0;
  };
  if (std::find(kOwn.begin(), kOwn.end(), plugin) != kOwn.end())
    return Status::invalid("/api/v1/" + plugin +
                           " is the gateway's own; the plugin needs another id");
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
