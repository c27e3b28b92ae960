// SPDX-License-Identifier: Apache-2.0
//
// An element of statuses[] as a publication. The one table from Meta's words to the gateway's.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "change.hpp"
#include "error_table.hpp"

namespace gardu::meta_cloud {
namespace {

struct Word {
  std::string_view word;
  gardu_message_status status;
};
// "deleted" and "warning" of old are not steps of a message's life.
constexpr std::array kWords{
    Word{"sent", GARDU_STATUS_SENT},     Word{"delivered", GARDU_STATUS_DELIVERED},
    Word{"read", GARDU_STATUS_READ},     Word{"played", GARDU_STATUS_PLAYED},
    Word{"failed", GARDU_STATUS_FAILED},
};

bool is_uuid(std::string_view s) {
  if (s.size() != 36) return false;
  for (size_t i = 0; i < s.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = s[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

// Our own id, which the send carried, in the way that we write ids.
std::string own_reference(const Json* value) {
  std::string s = text_of(value);
  if (!is_uuid(s)) return {};
  std::transform(s.begin(), s.end(), s.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  return s;
}

std::string details_of(const Json* error) {
  std::string details = text_of(member(member(error, "error_data"), "details"));
  return details.empty() ? text_of(member(error, "message")) : details;
}

void read_failure(const Json* errors, InboundStatus& s) {
  if (errors == nullptr || !errors->is_array() || errors->empty()) return;
  const Json& error = errors->front();
  s.error_code = id_of(member(error, "code"));
  s.error_title = text_of(member(error, "title"));
  s.error_detail = details_of(&error);
  s.error_retryable =
      is_retryable(code_of(member(error, "code")), code_of(member(error, "error_subcode")));
}

}  // namespace

bool read_status(const Json& element, const Change& change, Webhook& out) {
  const std::string word = text_of(member(element, "status"));
  InboundStatus s;
  s.provider_message_id = id_of(member(element, "id"));
  s.message_id = own_reference(member(element, "biz_opaque_callback_data"));
  if (word.empty() || (s.provider_message_id.empty() && s.message_id.empty()) ||
      s.provider_message_id.size() > 255 || !change.is_whole(element)) {
    ++out.malformed;
    return false;
  }
  const auto* known =
      std::find_if(kWords.begin(), kWords.end(), [&](const Word& w) { return w.word == word; });
  if (known == kWords.end()) {
    ++out.ignored_statuses;
    return false;
  }
  s.status = known->status;
  s.participant = id_of(member(element, "recipient_participant_id"));
  if (s.participant.empty())
    s.participant = text_of(member(element, "recipient_participant_user_id"));
  if (s.status == GARDU_STATUS_FAILED) read_failure(member(element, "errors"), s);

  Publication p;
  p.type = GARDU_EVENT_MESSAGE_STATUS_UPDATED;
  p.account_id = change.account_id();
  p.occurred_at = micros_of(member(element, "timestamp"));
  p.status = std::move(s);
  out.publications.push_back(std::move(p));
  return true;
}

Publication read_number_error(const Json& error, const Change& change) {
  Json what = Json::object();
  what["code"] = id_of(member(error, "code"));
  what["title"] = text_of(member(error, "title"));
  what["details"] = details_of(&error);
  Publication p;
  p.type = GARDU_EVENT_ACCOUNT_HEALTH;
  p.account_id = change.account_id();
  p.data = dump(Json{{"error", std::move(what)}});
  return p;
}

}  // namespace gardu::meta_cloud
