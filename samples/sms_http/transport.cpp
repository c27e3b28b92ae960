// SPDX-License-Identifier: Apache-2.0
#include "transport.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "provider.hpp"
#include "signature.hpp"
#include "text_of.hpp"
#include "webhook.hpp"

namespace sms_http {
namespace {

using gardu::HttpResponse;
using gardu::Status;

HttpResponse come_again(std::string why) {
  HttpResponse out = HttpResponse::text(503, std::move(why));
  out.headers.emplace_back("Retry-After", "5");
  return out;
}

}  // namespace

Status SmsHttp::start(std::string_view settings) {
  api_url_ = text_of(nlohmann::json::parse(settings), "api_url");
  while (!api_url_.empty() && api_url_.back() == '/') api_url_.pop_back();
  if (api_url_.empty()) return Status::unconfigured("api_url is missing");

  host().route({.method = "POST",
                .pattern = "/webhooks/sms_http",
                .auth = GARDU_AUTH_NONE,  // the signature says who calls
                .handler = [this](const gardu::HttpRequest& request,
                                  gardu::HttpReply reply) { webhook(request, std::move(reply)); },
                .body_limit = 64 << 10});
  return {};
}

void SmsHttp::stop() { accounts_.clear(); }

gardu_transport_info SmsHttp::describe() const {
  gardu_transport_info info{};
  info.size = sizeof info;
  info.max_in_flight = 4;
  info.features = GARDU_REFERENCE_ECHOED | GARDU_CAN_HEALTH;
  info.text_limit = 1600;
  return info;
}

Status SmsHttp::connect(const gardu::Account& account) {
  // Whatever was known of it holds no more, also when what came is of no use.
  (void)disconnect(account.id);
  const auto credentials = nlohmann::json::parse(account.credentials, nullptr, false);
  Connected connected{account.address, text_of(credentials, "api_key"),
                      text_of(credentials, "webhook_secret")};
  if (connected.api_key.empty()) return Status::unconfigured("the credentials lack api_key");
  if (connected.webhook_secret.empty())
    return Status::unconfigured("the credentials lack webhook_secret");
  accounts_.insert_or_assign(account.id, std::move(connected));

  gardu::Publication ready;
  ready.type = GARDU_EVENT_ACCOUNT_STATUS;
  ready.account_id = account.id;
  ready.data = R"({"status":"ready"})";
  return host().publish({ready});
}

Status SmsHttp::disconnect(std::string_view account_id) {
  if (const auto it = accounts_.find(account_id); it != accounts_.end()) accounts_.erase(it);
  return {};
}

// Begins the call and returns: the answer ends the send, whenever it comes.
void SmsHttp::send(const gardu::Outbound& outbound, gardu::SendCompletion completion) {
  const gardu::MessageView message = outbound.message();
  const auto account = accounts_.find(message.account_id());
  if (account == accounts_.end())
    return completion.failed(Status::not_connected("the account is not connected"));
  if (message.type() != GARDU_MESSAGE_TEXT)
    return completion.failed(Status::unsupported("a short message is text alone"));

  // Shared, because a std::function must be copyable. It may run on any thread when the plugin
  // stops: nothing of the plugin's own is touched in it.
  const auto end = std::make_shared<gardu::SendCompletion>(std::move(completion));
  const Status begun = host().http().request(send_call(api_url_, account->second.api_key, outbound),
                                             [end](const gardu::HttpAnswer& answer) {
                                               if (const auto outcome = send_outcome(answer)) {
                                                 end->accepted(*outcome);
                                               } else {
                                                 end->failed(outcome.status());
                                               }
                                             });
  if (!begun.ok()) end->failed(begun);
}

void SmsHttp::act(const gardu::Action& action, gardu::ActionCompletion completion) {
  if (action.kind() != GARDU_ACTION_HEALTH)
    return completion.finish(Status::unsupported("short messages know no such thing"));
  const auto account = accounts_.find(action.account_id());
  if (account == accounts_.end())
    return completion.finish(Status::not_connected("the account is not connected"));

  const auto end = std::make_shared<gardu::ActionCompletion>(std::move(completion));
  const Status begun = host().http().request(
      balance_call(api_url_, account->second.api_key), [end](const gardu::HttpAnswer& answer) {
        const auto balance = balance_outcome(answer);
        end->finish(balance.status(), balance ? *balance : std::string());
      });
  if (!begun.ok()) end->finish(begun);
}

// Answers 200 only after what was told is stored for good: else the provider comes again.
void SmsHttp::webhook(const gardu::HttpRequest& request, gardu::HttpReply reply) {
  // Nothing of the body is read before its bytes are verified. Which account's secret signed them
  // says whose they may be; several numbers at the provider may share one.
  const std::string_view signature = request.header("X-Sms-Signature");
  std::vector<std::pair<std::string_view, std::string_view>> signers;  // id, address
  for (const auto& [id, account] : accounts_)
    if (signature_matches(account.webhook_secret, request.body(), signature))
      signers.emplace_back(id, account.address);
  if (signers.empty()) return reply.send(HttpResponse::text(401, "the signature is wrong"));

  auto told = read_webhook(request.body());
  if (!told) return reply.send(HttpResponse::text(422, told.status().message()));
  const auto signer = std::find_if(signers.begin(), signers.end(), [&](const auto& s) {
    return s.second == told->account_address;
  });
  if (signer == signers.end())
    return reply.send(HttpResponse::text(403, "signed for another account"));
  if (!told->publication) return reply.send(HttpResponse::text(200, "nothing to store"));
  told->publication->account_id = signer->first;

  const auto answer = std::make_shared<gardu::HttpReply>(std::move(reply));
  const Status taken = host().publish(
      {*told->publication}, [answer](std::int32_t status, gardu::PublishResults results) {
        if (status != GARDU_OK) return answer->send(come_again("not stored"));
        if (results[0].status != GARDU_OK)
          return answer->send(HttpResponse::text(422, results[0].detail));
        answer->send(HttpResponse::text(200, "stored"));
      });
  if (!taken.ok()) answer->send(come_again(taken.message()));
}

}  // namespace sms_http
