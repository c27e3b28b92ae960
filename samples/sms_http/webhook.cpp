// SPDX-License-Identifier: Apache-2.0
#include "webhook.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "text_of.hpp"

namespace sms_http {
namespace {

using gardu::Status;
using nlohmann::json;

// Microseconds; 0, which means now, when it is no time.
std::int64_t time_of(const json& told) {
  constexpr std::int64_t kYear10000 = 253'402'300'800;
  const auto it = told.find("timestamp");
  if (it == told.end() || !it->is_number_integer()) return 0;
  const auto seconds = it->get<std::int64_t>();
  return seconds > 0 && seconds < kYear10000 ? seconds * 1'000'000 : 0;
}

// Banks and shops write under a name: that is an address, but no number.
bool is_number(std::string_view address) {
  return address.size() > 1 && address.front() == '+' &&
         std::all_of(address.begin() + 1, address.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

gardu::Publication message_of(const json& told, const std::string& from) {
  gardu::Publication out;
  out.type = GARDU_EVENT_MESSAGE_RECEIVED;
  out.occurred_at = time_of(told);
  out.peer.emplace();
  out.peer->identities.push_back(
      {is_number(from) ? GARDU_IDENTITY_PHONE : GARDU_IDENTITY_OTHER, from});
  out.peer->address = from;
  out.message.emplace();
  out.message->provider_message_id = text_of(told, "id");
  out.message->text = text_of(told, "text");
  return out;
}

gardu::Publication status_of(const json& told, gardu_message_status status) {
  gardu::Publication out;
  out.type = GARDU_EVENT_MESSAGE_STATUS_UPDATED;
  out.occurred_at = time_of(told);
  out.status.emplace();
  out.status->status = status;
  out.status->provider_message_id = text_of(told, "id");
  out.status->message_id = text_of(told, "reference");
  if (status == GARDU_STATUS_FAILED && told.contains("error")) {
    out.status->error_code = text_of(told["error"], "code");
    out.status->error_title = text_of(told["error"], "title");
  }
  return out;
}

}  // namespace

gardu::Result<Told> read_webhook(std::string_view body) {
  const json told = json::parse(body, nullptr, false);
  if (!told.is_object()) return Status::invalid("the body is no JSON object");
  Told out{text_of(told, "account"), {}};
  if (out.account_address.empty()) return Status::invalid("account is missing");
  if (text_of(told, "id").empty()) return Status::invalid("id is missing");
  const std::string type = text_of(told, "type");
  if (type == "message") {
    const std::string from = text_of(told, "from");
    if (from.empty()) return Status::invalid("from is missing");
    out.publication = message_of(told, from);
    return out;
  }
  if (type != "status") return Status::unsupported("neither a message nor a status");

  static const std::map<std::string, gardu_message_status> kStatuses{
      {"sent", GARDU_STATUS_SENT},
      {"delivered", GARDU_STATUS_DELIVERED},
      {"failed", GARDU_STATUS_FAILED}};
  const std::string word = text_of(told, "status");
  if (word == "queued") return out;  // the answer to the send said so already
  const auto status = kStatuses.find(word);
  if (status == kStatuses.end()) return Status::unsupported("an unknown status");
  out.publication = status_of(told, status->second);
  return out;
}

}  // namespace sms_http
