// SPDX-License-Identifier: Apache-2.0
//
// A call of the HTTP API whose signature is right, and what answers it, one function an endpoint.
// Only for the API's own sources.
#pragma once
#include <string>
#include <string_view>

#include "protocol/signature.hpp"
#include "server/http_reader.hpp"
#include "server/hub.hpp"
#include "server/routes.hpp"

namespace gardu::pusher {

struct ApiCall {
  Hub& hub;
  App& app;
  const WebRequest& request;
  const Target& target;
};

WebResponse post_events(const ApiCall& call);
WebResponse post_batch(const ApiCall& call);
WebResponse post_channel_event(const ApiCall& call);

WebResponse get_channels(const ApiCall& call);
WebResponse get_channel(const ApiCall& call);
WebResponse get_channel_stats(const ApiCall& call);

WebResponse get_channel_users(const ApiCall& call);
WebResponse terminate_connections(const ApiCall& call);
WebResponse get_connections(const ApiCall& call);

// What is told of a channel when it is asked for.
struct Attributes {
  bool user_count = false, subscription_count = false, cache = false;
  bool any() const noexcept { return user_count || subscription_count || cache; }
};
Attributes parse_info(std::string_view info);
// As a JSON object's members, e.g. "user_count":3 without braces. Those that the channel's kind
// does not have are left out.
std::string attributes_of(const ApiCall& call, std::string_view channel, const Attributes& wanted);

// The first parameter of that name, or empty.
std::string value_of(const Query& query, std::string_view name);

inline WebResponse json_answer(std::string body) {
  return {200, std::move(body), "application/json", {}};
}

// 429 with what a client needs to come back at the right time.
WebResponse too_many(const Quota::Verdict& verdict);

}  // namespace gardu::pusher
