// SPDX-License-Identifier: Apache-2.0
//
// Questions about channels.
#include "protocol/channel.hpp"
#include "protocol/messages.hpp"
#include "server/api_call.hpp"

namespace gardu::pusher {

WebResponse get_channels(const ApiCall& call) {
  const Query query = parse_query(call.request.query());
  const std::string prefix = value_of(query, "filter_by_prefix");
  Attributes wanted = parse_info(value_of(query, "info"));
  wanted.cache = false;
  if (wanted.user_count && !prefix.starts_with("presence-"))
    return WebResponse::text(400, "user_count needs filter_by_prefix=presence-");
  std::string body = R"({"channels":{)";
  bool first = true;
  for (const auto& [name, count] : call.app.counts.list(prefix)) {
    if (!first) body.push_back(',');
    first = false;
    append_json_string(body, name);
    body += ":{" + attributes_of(call, name, wanted) + '}';
  }
  return json_answer(body + "}}");
}

WebResponse get_channel(const ApiCall& call) {
  const std::string& name = call.target.name;
  if (!valid_channel_name(name, call.app.settings.limits.channel_name))
    return WebResponse::text(400, "not a valid channel name");
  const Attributes wanted = parse_info(value_of(parse_query(call.request.query()), "info"));
  const ChannelKind kind = classify(name);
  if (wanted.user_count && !kind.presence)
    return WebResponse::text(400, "user_count is only known of presence channels");
  if (wanted.cache && !kind.cached)
    return WebResponse::text(400, "cache is only known of cache channels");
  std::string body = R"({"occupied":)";
  body += call.app.counts.count(name) > 0 ? "true" : "false";
  if (const std::string more = attributes_of(call, name, wanted); !more.empty()) body += ',' + more;
  return json_answer(body + '}');
}

WebResponse get_channel_stats(const ApiCall& call) { return get_channel(call); }

}  // namespace gardu::pusher
