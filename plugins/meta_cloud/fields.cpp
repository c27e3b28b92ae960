// SPDX-License-Identifier: Apache-2.0
//
// Changes that concern a business account, its numbers or its templates, not a conversation.
#include <nlohmann/json.hpp>

#include "change.hpp"

namespace gardu::meta_cloud {
namespace {

void publish_for(const std::vector<const KnownAccount*>& accounts, gardu_event_type type,
                 const Json& data, Webhook& out) {
  for (const KnownAccount* account : accounts) {
    Publication p;
    p.type = type;
    p.account_id = account->id;
    p.data = dump(data);
    out.publications.push_back(std::move(p));
  }
}

void copy_if_told(const Json& from, const char* key, Json& to, const char* as) {
  const Json* v = member(from, key);
  if (v != nullptr && (v->is_string() || v->is_number())) to[as] = *v;
}

Json template_status(const Json& value) {
  Json data{{"name", text_of(member(value, "message_template_name"))},
            {"language", text_of(member(value, "message_template_language"))},
            {"status", text_of(member(value, "event"))}};
  const std::string reason = text_of(member(value, "reason"));
  if (!reason.empty() && reason != "NONE") data["reason"] = reason;
  copy_if_told(value, "message_template_category", data, "category");
  return data;
}

Json number_quality(const Json& value) {
  Json limits = Json::object();
  copy_if_told(value, "current_limit", limits, "current");
  copy_if_told(value, "old_limit", limits, "previous");
  copy_if_told(value, "max_daily_conversations_per_business", limits, "per_day");
  return Json{{"quality", text_of(member(value, "event"))}, {"limits", std::move(limits)}};
}

}  // namespace

std::string digits_of(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c >= '0' && c <= '9') out += c;
  return out;
}

bool read_account_field(std::string_view field, const Json& value, std::string_view business_id,
                        const Accounts& accounts, Webhook& out) {
  if (field == "message_template_status_update") {
    publish_for(accounts.by_business(business_id), GARDU_EVENT_TEMPLATE_STATUS,
                template_status(value), out);
    return true;
  }
  if (field == "phone_number_quality_update") {
    const KnownAccount* account =
        accounts.by_display_number(digits_of(id_of(member(value, "display_phone_number"))));
    auto candidates = accounts.by_business(business_id);
    if (account != nullptr)
      candidates = {account};
    else if (candidates.size() > 1)
      candidates.clear();  // one of several numbers, and nothing says which
    publish_for(candidates, GARDU_EVENT_ACCOUNT_HEALTH, number_quality(value), out);
    return true;
  }
  return false;
}

}  // namespace gardu::meta_cloud
