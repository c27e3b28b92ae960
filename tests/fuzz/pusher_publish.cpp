// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes the bodies of the HTTP API: an event that is let in keeps to the app's limits, and a body
// that is refused is refused with a status of the 400s and a reason.
#include <set>

#include "check.hpp"
#include "protocol/channel.hpp"
#include "protocol/crypto.hpp"
#include "protocol/publish_request.hpp"

namespace pusher = gardu::pusher;

namespace {

void check(const pusher::PublishRequest& event, const pusher::Limits& limits) {
  FUZZ_CHECK(!event.name.empty() && event.name.size() <= limits.event_name);
  FUZZ_CHECK(!pusher::reserved_event_name(event.name));
  FUZZ_CHECK(event.data.size() <= limits.event_data);
  FUZZ_CHECK(!event.channels.empty() && event.channels.size() <= limits.channels_per_event);
  FUZZ_CHECK(std::set(event.channels.begin(), event.channels.end()).size() ==
             event.channels.size());
  for (const std::string& channel : event.channels)
    FUZZ_CHECK(pusher::valid_channel_name(channel, limits.channel_name));
  FUZZ_CHECK(event.except.empty() || pusher::is_socket_id(event.except));
}

void check(const pusher::Refusal& refusal) {
  FUZZ_CHECK(refusal.status >= 400 && refusal.status < 500 && !refusal.text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  pusher::Limits limits;
  limits.event_name = 20;
  limits.channel_name = 20;
  limits.event_data = 100;
  limits.channels_per_event = 3;
  limits.batch = 3;
  const auto one = pusher::parse_publish_request(body, limits);
  if (const auto* event = std::get_if<pusher::PublishRequest>(&one))
    check(*event, limits);
  else
    check(std::get<pusher::Refusal>(one));
  const auto many = pusher::parse_batch_request(body, limits);
  if (const auto* events = std::get_if<std::vector<pusher::PublishRequest>>(&many)) {
    FUZZ_CHECK(events->size() <= limits.batch);
    for (const auto& event : *events) check(event, limits);
  } else {
    check(std::get<pusher::Refusal>(many));
  }
  return 0;
}
