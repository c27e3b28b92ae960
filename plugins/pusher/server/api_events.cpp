// SPDX-License-Identifier: Apache-2.0
//
// Publishing over the API. What may come in the query instead of the body is put where the body
// would have it, so that there is one place where an event is checked.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/envelope.hpp"
#include "protocol/messages.hpp"
#include "protocol/publish_request.hpp"
#include "server/api_call.hpp"

namespace gardu::pusher {
namespace {

using Json = nlohmann::json;

WebResponse refusal_answer(const Refusal& refusal) {
  return WebResponse::text(refusal.status, refusal.text);
}

// Those of the parameters that say something of the event.
bool of_event(std::string_view key) {
  return key == "name" || key == "data" || key == "channel" || key == "socket_id" ||
         key == "info" || key == "channels" || key.starts_with("channels[");
}

// Only with other parameters than those that sign: hardly ever.
bool has_parameters(std::string_view query) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (!pair.empty() && !pair.starts_with("auth_") && !pair.starts_with("body_md5=")) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

void add_parameter(Json& event, const std::string& key, const std::string& value) {
  if (key == "channels") {
    std::string_view left = value;
    while (true) {
      event["channels"].push_back(left.substr(0, left.find(',')));
      if (left.find(',') == std::string_view::npos) return;
      left.remove_prefix(left.find(',') + 1);
    }
  }
  if (key.starts_with("channels["))
    event["channels"].push_back(value);
  else
    event[key] = value;
}

// What the body does not say, the query may.
std::string with_parameters(std::string_view body, const Query& query) {
  if (nested_too_deep(body)) return std::string(body);
  Json event = body.empty() ? Json::object() : Json::parse(body, nullptr, false);
  if (!event.is_object()) return std::string(body);
  Json more = Json::object();
  for (const auto& [key, value] : query)
    if (of_event(key)) add_parameter(more, key, value);
  if (event.contains("channel") || event.contains("channels")) {
    more.erase("channel");
    more.erase("channels");
  }
  for (auto& [key, value] : more.items())
    if (!event.contains(key)) event[key] = value;
  return event.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void publish(const ApiCall& call, const PublishRequest& event) {
  call.hub.publish(call.app, {event.name, event.data, event.channels, event.except});
  call.hub.metrics.apps[call.app.index].events.add();
}

Attributes wanted_by(const PublishRequest& event) {
  return {event.user_count, event.subscription_count, false};
}

// `body` is an event's; the channel of the path, if any, is in it already.
WebResponse publish_one(const ApiCall& call, std::string_view body) {
  auto parsed = parse_publish_request(body, call.app.settings.limits);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) return refusal_answer(*refusal);
  const auto& event = std::get<PublishRequest>(parsed);
  publish(call, event);
  if (!event.wants_info) return json_answer("{}");
  std::string out = R"({"channels":{)";
  for (const std::string& channel : event.channels) {
    if (out.back() == '}') out.push_back(',');
    append_json_string(out, channel);
    out += ":{" + attributes_of(call, channel, wanted_by(event)) + '}';
  }
  return json_answer(out + "}}");
}

Quota::Verdict spend(const ApiCall& call, size_t events) {
  Quota& quota = call.app.events;
  return quota.limited() ? quota.take(events, Quota::Clock::now()) : Quota::Verdict{};
}

}  // namespace

WebResponse post_events(const ApiCall& call) {
  if (const auto verdict = spend(call, 1); !verdict.allowed) return too_many(verdict);
  const WebRequest& request = call.request;
  if (!has_parameters(request.query())) return publish_one(call, request.body);
  return publish_one(call, with_parameters(request.body, parse_query(request.query())));
}

WebResponse post_batch(const ApiCall& call) {
  auto parsed = parse_batch_request(call.request.body, call.app.settings.limits);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) return refusal_answer(*refusal);
  const auto& events = std::get<std::vector<PublishRequest>>(parsed);
  if (const auto verdict = spend(call, events.size()); !verdict.allowed) return too_many(verdict);
  std::string out = R"({"batch":[)";
  bool wants_info = false;
  for (const PublishRequest& event : events) {
    publish(call, event);
    if (out.back() == '}') out.push_back(',');
    out += '{' + attributes_of(call, event.channels.front(), wanted_by(event)) + '}';
    wants_info |= event.wants_info;
  }
  return json_answer(wants_info ? out + "]}" : "{}");
}

WebResponse post_channel_event(const ApiCall& call) {
  if (const auto verdict = spend(call, 1); !verdict.allowed) return too_many(verdict);
  const Query query = parse_query(call.request.query());
  const Json event{{"name", value_of(query, "name")},
                   {"channel", call.target.name},
                   {"data", call.request.body},
                   {"socket_id", value_of(query, "socket_id")}};
  const auto replace = Json::error_handler_t::replace;
  WebResponse response = publish_one(call, event.dump(-1, ' ', false, replace));
  if (response.status == 200) response = WebResponse::text(202, "202 ACCEPTED\n");
  return response;
}

}  // namespace gardu::pusher
