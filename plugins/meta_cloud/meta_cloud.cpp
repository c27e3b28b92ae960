// SPDX-License-Identifier: Apache-2.0
//
// The plugin's life, its accounts and its sends. Its routes are in routes.cpp.
#include "meta_cloud.hpp"

#include <nlohmann/json.hpp>

#include "actions.hpp"
#include "body.hpp"
#include "json.hpp"
#include "reporter.hpp"

namespace gardu::meta_cloud {
namespace {

int64_t number_of(const Json& settings, const char* key, int64_t otherwise) {
  const Json* v = member(settings, key);
  return v != nullptr && v->is_number_integer() ? v->get<int64_t>() : otherwise;
}

std::string text_or(const Json& settings, const char* key, const char* otherwise) {
  const Json* v = member(settings, key);
  return v == nullptr ? otherwise : text_of(v);
}

}  // namespace

MetaCloud::MetaCloud(const gardu_host& host) : Plugin(host) {}
MetaCloud::~MetaCloud() = default;

Status MetaCloud::read_settings(std::string_view text) {
  const auto document = parse_document(text.empty() ? "{}" : text);
  if (!document || !document->value->is_object())
    return Status::invalid("plugins.load.meta_cloud: expected a JSON object");
  const Json& given = *document->value;
  auto url = read_graph_url(text_or(given, "graph_url", "https://graph.facebook.com"));
  if (!url) return url.status();
  settings_.graph.url = std::move(*url);
  settings_.graph.version = text_or(given, "version", "v23.0");
  settings_.graph.timeout = std::chrono::seconds(number_of(given, "timeout_s", 30));
  unknown_number_retry_ =
      std::chrono::seconds(number_of(given, "unknown_number_retry_s", kUnknownNumberRetry));
  settings_.app_secret = text_of(member(given, "app_secret"));
  settings_.verify_token = text_of(member(given, "verify_token"));
  max_in_flight_.store(static_cast<uint32_t>(number_of(given, "max_in_flight", kMaxInFlight)));
  max_per_second_.store(static_cast<uint32_t>(number_of(given, "max_per_second", kMaxPerSecond)));
  for (const auto& [key, value] : {std::pair{"app_secret", &settings_.app_secret},
                                   std::pair{"verify_token", &settings_.verify_token}})
    if (value->empty())
      return Status::unconfigured(std::string("plugins.load.meta_cloud.") + key + " is empty");
  return {};
}

Status MetaCloud::start(std::string_view settings) {
  settings_ = {};
  if (Status s = read_settings(settings); !s.ok()) return s;
  define_counters();
  reporter_ = std::make_shared<Reporter>(host(), counters_.failed);
  add_routes();
  return {};
}

void MetaCloud::stop() {
  if (reporter_) reporter_->close();
  reporter_.reset();
  accounts_.clear();
  warned_numbers_.clear();
  unknown_since_.clear();
  warned_fields_.clear();
}

void MetaCloud::define_counters() {
  const char* const in = "webhook_elements_total";
  const char* const in_help = "Elements of webhooks, by what became of them.";
  const auto kind = [&](const char* labels) { return host().counter(in, in_help, labels); };
  counters_.messages = kind("kind=\"message\"");
  counters_.unsupported = kind("kind=\"unsupported\"");
  counters_.statuses = kind("kind=\"status\"");
  counters_.other = kind("kind=\"other\"");
  counters_.ignored = kind("kind=\"ignored\"");
  counters_.malformed = kind("kind=\"malformed\"");
  counters_.refused =
      host().counter("webhooks_refused_total", "Webhooks without a good signature, or no JSON.");
  counters_.unknown_numbers =
      host().counter("unknown_numbers_total", "Changes for a number of no account.");
  counters_.failed =
      host().counter("publications_failed_total", "Publications that the gateway did not take.");
  const char* const out_help = "Sends, by outcome.";
  counters_.sent = host().counter("sends_total", out_help, "outcome=\"accepted\"");
  counters_.send_failed = host().counter("sends_total", out_help, "outcome=\"failed\"");
  const char* const act_help = "Read receipts, typing, reactions and health probes, by outcome.";
  counters_.acted = host().counter("actions_total", act_help, "outcome=\"accepted\"");
  counters_.action_failed = host().counter("actions_total", act_help, "outcome=\"failed\"");
}

gardu_transport_info MetaCloud::describe() const {
  gardu_transport_info info{};
  info.size = sizeof info;
  info.max_in_flight = max_in_flight_.load();
  info.features = GARDU_CAN_MEDIA | GARDU_CAN_LOCATION | GARDU_CAN_CONTACTS |
                  GARDU_CAN_INTERACTIVE | GARDU_CAN_TEMPLATE | GARDU_CAN_REPLY |
                  GARDU_REFERENCE_ECHOED | kActionFeatures;
  info.max_per_second = max_per_second_.load();
  info.text_limit = kTextLimit;
  return info;
}

Status MetaCloud::connect(const Account& account) {
  if (Status s = accounts_.add(account); !s.ok()) {
    accounts_.remove(account.id);
    return s;
  }
  Publication ready;
  ready.type = GARDU_EVENT_ACCOUNT_STATUS;
  ready.account_id = account.id;
  ready.data = R"({"status":"ready"})";
  return host().publish({std::move(ready)});
}

Status MetaCloud::disconnect(std::string_view account_id) {
  accounts_.remove(account_id);
  return {};
}

void MetaCloud::send(const Outbound& outbound, SendCompletion completion) {
  const KnownAccount* account = accounts_.find(outbound.message().account_id());
  if (account == nullptr) {
    completion.failed(Status::not_connected("the account is not connected"));
    return;
  }
  auto body = build_body(letter_of(outbound));
  if (!body) {
    counters_.send_failed.add();
    completion.failed(body.status());
    return;
  }
  std::string to(outbound.to());
  std::string pair = account->id + " " + to;
  const auto answer_to = std::make_shared<SendCompletion>(std::move(completion));
  const Status begun = host().http().request(
      settings_.graph.post(*account, std::move(*body)),
      [answer_to, to = std::move(to), pair = std::move(pair), token = account->access_token,
       attempt = outbound.attempt(), strikes = strikes_, sent = counters_.sent,
       failed = counters_.send_failed](const HttpAnswer& answer) {
        const auto outcome = read_answer(answer, to, {token, attempt, strikes->count(pair)});
        strikes->note(pair, outcome.status());
        if (answer.progress() != GARDU_HTTP_STOPPED) (outcome ? sent : failed).add();
        if (outcome)
          answer_to->accepted(*outcome);
        else
          answer_to->failed(outcome.status());
      });
  if (!begun.ok()) answer_to->failed(begun);
}

}  // namespace gardu::meta_cloud
