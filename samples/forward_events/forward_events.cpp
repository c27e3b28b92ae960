// SPDX-License-Identifier: Apache-2.0
#include "forward_events.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace forward_events {
namespace {

using nlohmann::json;

constexpr std::int64_t kPage = 50, kLongestPage = 200;

std::int64_t wall_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<Micros>(now).count();
}

gardu::HttpResponse problem(int status, std::string_view title, std::string_view detail) {
  gardu::HttpResponse out;
  out.status = status;
  out.content_type = "application/problem+json";
  out.body = json{{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}}
                 .dump();
  return out;
}

// Of a query whose values are plain: states, numbers and ids need no percent-decoding.
std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.starts_with(name) && part.substr(name.size()).starts_with('='))
      return part.substr(name.size() + 1);
  }
  return {};
}

std::int64_t number_or(std::string_view text, std::int64_t fallback) {
  std::int64_t out = fallback;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() ? out : fallback;
}

bool is_delivery_id(std::string_view text) {
  return text.size() <= 64 && text.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

// A database that is away is no mistake of the plugin's: the caller may come again.
template <class F>
gardu::HttpResponse answered(F&& answer) {
  try {
    return answer();
  } catch (const gardu::Failure& failure) {
    if (failure.status().code() != GARDU_RETRY && failure.status().code() != GARDU_TIMEOUT) throw;
    return problem(503, "Service Unavailable", "the database is away or busy");
  }
}

json delivery_json(const Delivery& d, const Settings& settings) {
  const Target* target = settings.find(d.target);
  return {{"id", d.id},
          {"seq", d.seq},
          {"event", d.event},
          {"target", {{"id", d.target}, {"at", target ? json(target->shown()) : json(nullptr)}}},
          {"state", d.state},
          {"attempts", d.attempts},
          {"not_before_ms", d.not_before / 1000},
          {"changed_at_ms", d.changed_at / 1000},
          {"last_error", d.last_error.empty() ? json(nullptr) : json(d.last_error)}};
}

}  // namespace

ForwardEvents::ForwardEvents(const gardu_host& table)
    : Plugin(table), clock_(wall_clock), queue_(host()) {}

gardu::Status ForwardEvents::start(std::string_view settings) {
  settings_ = parse_settings(settings);
  if (settings_.targets.empty()) return gardu::Status::unconfigured("targets is empty");
  queue_.migrate();
  sender_ = std::make_unique<Sender>(host(), settings_, queue_, clock_);
  mount_routes();
  sender_->begin();
  return {};
}

// What is under way may reach the receiver; it is in the queue still, and goes out again.
void ForwardEvents::stop() { sender_.reset(); }

void ForwardEvents::on_event(const gardu::EventView& event) {
  bool any = false;
  for (const Target& target : settings_.targets) {
    if (event.ephemeral() || !target.wants(event.type_name(), event.workspace_id())) continue;
    queue_.add(target, event, clock_());
    any = true;
  }
  if (any) sender_->wake();  // when this hook has returned, and all of it is durable
}

void ForwardEvents::mount_routes() const {
  host().route({.method = "GET",
                .pattern = "/api/v1/forward_events/deliveries",
                .auth = GARDU_AUTH_ADMIN,
                .handler = [this](const gardu::HttpRequest& request, gardu::HttpReply reply) {
                  reply.send(answered([&] { return list(request); }));
                }});
  host().route({.method = "POST",
                .pattern = "/api/v1/forward_events/deliveries/{id}/retry",
                .auth = GARDU_AUTH_ADMIN,
                .handler = [this](const gardu::HttpRequest& request, gardu::HttpReply reply) {
                  reply.send(answered([&] { return retry(request); }));
                }});
}

gardu::HttpResponse ForwardEvents::list(const gardu::HttpRequest& request) const {
  const std::string_view asked = query_value(request.query(), "state");
  const std::string_view state = asked.empty() ? "dead" : asked;
  if (state != "dead" && state != "queued")
    return problem(422, "Unprocessable Entity", "state is dead or queued");
  const auto limit = std::clamp<std::int64_t>(
      number_or(query_value(request.query(), "limit"), kPage), 1, kLongestPage);
  // The cursor is the last one's "<seq>.<id>".
  const std::string_view cursor = query_value(request.query(), "cursor");
  const std::string_view after = cursor.substr(0, cursor.find('.'));
  const std::string_view id = cursor.substr(std::min(cursor.size(), after.size() + 1));
  if (!is_delivery_id(id)) return problem(422, "Unprocessable Entity", "that is no cursor");
  const auto found =
      queue_.list(request.principal().workspace_id, state, number_or(after, -1), id, limit + 1);
  json data = json::array();
  for (const Delivery& d : found)
    if (data.size() < static_cast<size_t>(limit)) data.push_back(delivery_json(d, settings_));
  json next = nullptr;
  if (found.size() > data.size()) {
    const Delivery& last = found[data.size() - 1];
    next = std::to_string(last.seq) + "." + last.id;
  }
  return gardu::HttpResponse::json(
      200, json{{"data", std::move(data)}, {"next_cursor", std::move(next)}}.dump());
}

gardu::HttpResponse ForwardEvents::retry(const gardu::HttpRequest& request) const {
  const std::string workspace_id = request.principal().workspace_id;
  const std::string_view id = request.param("id");
  auto delivery = is_delivery_id(id) ? queue_.find(workspace_id, id) : std::nullopt;
  if (!delivery) return problem(404, "Not Found", "there is no such delivery");
  if (settings_.find(delivery->target) == nullptr)
    return problem(409, "Conflict", "its target is not configured");
  if (delivery->state != "dead" || !queue_.revive(delivery->id, clock_()))
    return problem(409, "Conflict", "it is not dead");
  sender_->wake();
  delivery->state = "queued";
  delivery->attempts = delivery->not_before = 0;
  delivery->last_error.clear();
  return gardu::HttpResponse::json(202, delivery_json(*delivery, settings_).dump());
}

}  // namespace forward_events
