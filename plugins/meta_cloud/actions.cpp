// SPDX-License-Identifier: Apache-2.0
//
// Actions: their requests, and what the answers to them mean.
#include "actions.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "body.hpp"
#include "json.hpp"
#include "meta_cloud.hpp"
#include "peer.hpp"

namespace gardu::meta_cloud {
namespace {

constexpr std::array kHealthFields{"verified_name",
                                   "display_phone_number",
                                   "quality_rating",
                                   "throughput",
                                   "status",
                                   "name_status",
                                   "code_verification_status",
                                   "whatsapp_business_manager_messaging_limit"};

// Meta has no typing of its own: it is shown together with the receipt of a message of theirs.
Result<std::string> build_receipt(const Action& action) {
  const bool typing = action.kind() == GARDU_ACTION_TYPING;
  if (action.target().empty())
    return Status::invalid(typing ? "typing is shown only to who has written: it needs the id of "
                                    "their newest message"
                                  : "a read receipt needs the id of the message");
  Json body{{"messaging_product", "whatsapp"}, {"status", "read"}, {"message_id", action.target()}};
  if (typing) body["typing_indicator"] = Json{{"type", "text"}};
  return dump(body);
}

// The same message as one of type reaction that is sent.
Result<std::string> build_reaction(const Action& action) {
  if (action.target().empty()) return Status::invalid("a reaction needs the id of the message");
  const std::string content = dump(
      Json{{"reaction", {{"provider_message_id", action.target()}, {"emoji", action.text()}}}});
  Letter letter;
  letter.type = GARDU_MESSAGE_REACTION;
  letter.to = action.to();
  letter.content = content;
  const std::string_view digits = letter.to.starts_with('+') ? letter.to.substr(1) : letter.to;
  letter.in_group = !is_phone(digits) && !is_bsuid(digits);  // what else has an address
  return build_body(letter);
}

Result<std::string> read_receipt(const HttpAnswer& answer) {
  const auto document = parse_document(answer.body());
  if (document && is_true(member(*document->value, "success"))) return std::string();
  return Status::timeout("the Graph API answered HTTP " + std::to_string(answer.status()) +
                         " without success: whether it was carried out is not known");
}

Result<std::string> read_health(const HttpAnswer& answer) {
  const auto document = parse_document(answer.body());
  Json out = Json::object();
  for (const char* field : kHealthFields)
    if (const Json* v = document ? member(*document->value, field) : nullptr) out[field] = *v;
  if (out.empty())
    return Status::retry("the Graph API answered HTTP " + std::to_string(answer.status()) +
                         " without the state of the number");
  return dump(out);
}

}  // namespace

std::string health_fields() {
  std::string out;
  for (const char* field : kHealthFields) out += (out.empty() ? "" : ",") + std::string(field);
  return out;
}

bool is_known_action(uint32_t kind) noexcept {
  return kind == GARDU_ACTION_MARK_READ || kind == GARDU_ACTION_TYPING ||
         kind == GARDU_ACTION_REACT || kind == GARDU_ACTION_HEALTH;
}

Result<std::string> build_action(const Action& action) {
  return action.kind() == GARDU_ACTION_REACT ? build_reaction(action) : build_receipt(action);
}

Result<std::string> read_action(uint32_t kind, const HttpAnswer& answer, std::string_view to,
                                const Asked& asked) {
  if (kind == GARDU_ACTION_REACT) {
    const auto accepted = read_answer(answer, to, asked);
    if (!accepted) return accepted.status();
    return dump(Json{{"provider_message_id", accepted->provider_message_id}});
  }
  if (Status s = outcome_of(answer, asked); !s.ok()) return s;
  return kind == GARDU_ACTION_HEALTH ? read_health(answer) : read_receipt(answer);
}

void MetaCloud::act(const Action& action, ActionCompletion completion) {
  const uint32_t kind = action.kind();
  if (!is_known_action(kind)) {
    completion.finish(Status::unsupported("the Cloud API cannot do that"));
    return;
  }
  const KnownAccount* account = accounts_.find(action.account_id());
  if (account == nullptr) {
    completion.finish(Status::not_connected("the account is not connected"));
    return;
  }
  if (kind == GARDU_ACTION_TYPING && action.value() == 0) {
    completion.finish({});  // it ends by itself: with the next message, or after 25 seconds
    return;
  }
  HttpCall call;
  if (kind == GARDU_ACTION_HEALTH) {
    call = settings_.graph.get(*account, health_fields());
  } else {
    auto body = build_action(action);
    if (!body) {
      counters_.action_failed.add();
      completion.finish(body.status());
      return;
    }
    call = settings_.graph.post(*account, std::move(*body));
  }
  const auto answer_to = std::make_shared<ActionCompletion>(std::move(completion));
  const Status begun = host().http().request(
      call, [answer_to, kind, to = std::string(action.to()), token = account->access_token,
             pair = account->id + " " + std::string(action.to()), strikes = strikes_,
             done = counters_.acted, failed = counters_.action_failed](const HttpAnswer& answer) {
        const auto data = read_action(kind, answer, to, {token, 1, strikes->count(pair)});
        if (kind == GARDU_ACTION_REACT) strikes->note(pair, data.status());
        if (answer.progress() != GARDU_HTTP_STOPPED) (data ? done : failed).add();
        answer_to->finish(data.status(), data ? *data : std::string());
      });
  if (!begun.ok()) answer_to->finish(begun);
}

}  // namespace gardu::meta_cloud
