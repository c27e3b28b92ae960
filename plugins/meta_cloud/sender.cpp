// SPDX-License-Identifier: Apache-2.0
//
// Answers of the Graph API.
#include "sender.hpp"

#include <nlohmann/json.hpp>

#include "error_table.hpp"
#include "peer.hpp"

namespace gardu::meta_cloud {
namespace {

constexpr size_t kMostPairs = 10'000;

const Json* first_of(const Json& object, const char* key) {
  const Json* list = member(object, key);
  return list != nullptr && list->is_array() && !list->empty() ? &list->front() : nullptr;
}

Result<Accepted> read_success(const HttpAnswer& answer, std::string_view to) {
  const auto document = parse_document(answer.body());
  const Json none;
  const Json& body = document ? *document->value : none;
  Accepted accepted;
  accepted.provider_message_id = id_of(member(first_of(body, "messages"), "id"));
  if (accepted.provider_message_id.empty())
    return Status::timeout("the Graph API answered HTTP " + std::to_string(answer.status()) +
                           " without a message id: whether it was sent is not known");
  // The number may come back in another form than it was given (Brazil, Mexico, Argentina).
  const Json* contact = first_of(body, "contacts");
  std::string address = id_of(member(contact, "wa_id"));
  if (!is_phone(address)) address = text_of(member(contact, "user_id"));
  if (to.starts_with('+')) to.remove_prefix(1);
  const bool moved = is_phone(to) ? is_phone(address) : is_bsuid(to) && is_bsuid(address);
  if (moved && address != to) accepted.peer_address = address;
  return accepted;
}

}  // namespace

Status outcome_of(const HttpAnswer& answer, const Asked& asked) {
  const std::string error(answer.error());
  if (answer.not_carried_out())
    return Status::not_connected("the Graph API was not reached: " + error);
  if (!answer.answered())  // also when the plugin stopped meanwhile
    return Status::timeout("the Graph API did not answer, it may have been carried out: " + error);
  if (answer.status() >= 200 && answer.status() < 300) return {};
  Refusal refusal;
  refusal.http_status = answer.status();
  refusal.body = answer.body();
  refusal.retry_after = answer.header("Retry-After");
  refusal.business_usage = answer.header("X-Business-Use-Case-Usage");
  refusal.token = asked.token;
  refusal.attempt = asked.attempt;
  refusal.pair_strikes = asked.pair_strikes;
  return status_of(refusal);
}

Result<Accepted> read_answer(const HttpAnswer& answer, std::string_view to, const Asked& asked) {
  if (Status s = outcome_of(answer, asked); !s.ok()) return s;
  return read_success(answer, to);
}

uint32_t PairStrikes::count(const std::string& pair) const {
  const std::lock_guard lock(mutex_);
  const auto it = strikes_.find(pair);
  return it == strikes_.end() ? 0 : it->second;
}

void PairStrikes::note(const std::string& pair, const Status& outcome) {
  const std::lock_guard lock(mutex_);
  if (outcome.code() == GARDU_THROTTLED && outcome.scope() == GARDU_SCOPE_PAIR) {
    if (strikes_.size() >= kMostPairs) strikes_.clear();
    ++strikes_[pair];
  } else if (outcome.ok()) {
    strikes_.erase(pair);
  }
}

}  // namespace gardu::meta_cloud
