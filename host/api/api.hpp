// SPDX-License-Identifier: Apache-2.0
//
// The admin REST, the plugins' routes, health and metrics: everything that the gateway's own HTTP
// server answers. Checks who calls before a handler or plugin sees the request.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "api/call.hpp"
#include "api/cors.hpp"
#include "api/sse.hpp"
#include "api/worker_pool.hpp"
#include "http/application.hpp"
#include "http/router.hpp"
#include "plugins/services.hpp"

namespace gardu::host {

struct ApiRoute {
  enum class Kind { open, bearer, events, plugin } kind = Kind::bearer;
  Role role = Role::viewer;
  bool any_role = false;       // also the platform's
  std::string scope = "read";  // read, send, manage
  std::uint64_t body_limit = 1U << 20U;
  std::chrono::milliseconds deadline{30'000};
  bool direct = false;  // open, and never blocks: answered on the HTTP thread
  std::function<http::Response(Call&)> handle;  // open, bearer, events
  // bearer, instead of `handle`: has it answered later. What it throws is the answer, too.
  std::function<void(Call&, AnswerLater)> begin;
  std::shared_ptr<const PluginRoute> plugin;
};

using ApiRouter = http::Router<ApiRoute>;

// Each adds its resource's routes.
void add_health_routes(ApiRouter& router);
void add_workspace_routes(ApiRouter& router);
void add_token_routes(ApiRouter& router);
void add_account_routes(ApiRouter& router);
void add_account_action_routes(ApiRouter& router);  // qr, connect, health, …
void add_contact_routes(ApiRouter& router);
void add_message_routes(ApiRouter& router);
void add_message_action_routes(ApiRouter& router);  // edit, revoke, react
void add_event_routes(ApiRouter& router);
void add_operation_routes(ApiRouter& router);  // outbox
void add_plugin_routes(ApiRouter& router);

// For the functions above: throws when the route cannot be added, which is a bug.
void add_route(ApiRouter& router, const char* method, const std::string& pattern, ApiRoute route);
void read_route(ApiRouter& router, const std::string& pattern,
                std::function<http::Response(Call&)> handle, Role role = Role::viewer);
// For every token, the platform's included; what it may see is the handler's to decide.
void any_role_route(ApiRouter& router, const std::string& pattern,
                    std::function<http::Response(Call&)> handle);
void write_route(ApiRouter& router, const char* method, const std::string& pattern, Role role,
                 const char* scope, std::function<http::Response(Call&)> handle);
// For every method; what it does is begun, and answered later.
void action_route(ApiRouter& router, const char* method, const std::string& pattern, Role role,
                  const char* scope, std::function<void(Call&, AnswerLater)> begin);

class Api final : public http::Application {
 public:
  explicit Api(ApiContext context);
  ~Api() override;

  http::HeadDecision on_head(const http::RequestHead& head) override;
  void on_request(http::Request&& request, http::Responder responder) override;

  // A plugin's route; the status says why it cannot be had.
  Status add_plugin_route(const std::string& plugin, PluginRoute route);
  void remove_plugin_routes(const std::string& plugin);
  // Ends event streams and the workers. The HTTP server must have been stopped.
  void stop();

 private:
  struct Work;
  void run(const std::shared_ptr<Work>& work);
  AnswerLater later(const std::shared_ptr<Work>& work, const Rates::Answer& rate);
  // What it returns, or the problem that it throws.
  http::Response guarded(const Work& work, const std::function<http::Response()>& body) const;
  void hand_to_plugin(const std::shared_ptr<Work>& work, const Principal& principal,
                      const Rates::Answer& rate);
  void open_stream(const Work& work, const Call& call, const Rates::Answer& rate);
  void answer(const Work& work, http::Response response, const Rates::Answer& rate);
  // What every answer gets: CORS, the token's rate, and its place in the metrics.
  void finish(const http::RequestHead& head, const std::string& pattern, const Rates::Answer& rate,
              http::Response& response) const;
  Principal authenticate(const Work& work);
  static void authorize(const ApiRoute& route, const Principal& principal);

  ApiContext context_;
  const Cors cors_;
  Rates rates_;
  ApiRouter router_;
  EventStreams streams_;
  WorkerPool workers_;
};

}  // namespace gardu::host
