// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes what clients say: any text is a message or refused with a reason, and what a message holds
// can be sent on, to typed clients too: as one JSON object whose `data` is a string with those
// bytes.
#include <nlohmann/json.hpp>

#include "check.hpp"
#include "protocol/channel.hpp"
#include "protocol/envelope.hpp"
#include "protocol/messages.hpp"
#include "protocol/utf8.hpp"

namespace pusher = gardu::pusher;
using Json = nlohmann::json;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!pusher::valid_utf8(text)) return -1;  // never gets past the frames
  const auto message = pusher::parse_client_message(text);
  if (!message) {
    FUZZ_CHECK(!message.status().message().empty());
    return 0;
  }
  FUZZ_CHECK(!message->event.empty());
  const std::string channel = message->channel.value_or("private-a");
  const std::string head = pusher::event_head(message->event, message->data);
  const Json sent = Json::parse(pusher::event_message(head, channel), nullptr, false);
  FUZZ_CHECK(sent.is_object() && sent.size() == 3);
  FUZZ_CHECK(sent["event"] == message->event && sent["channel"] == channel);
  FUZZ_CHECK(sent["data"].is_string() && sent["data"] == message->data);
  if (message->data_channel) {
    const std::string& name = *message->data_channel;
    if (pusher::valid_channel_name(name, 200)) FUZZ_CHECK(name.size() <= 200);
    FUZZ_CHECK(pusher::classify(name) == pusher::classify(std::string(name)));
  }
  return 0;
}
