// SPDX-License-Identifier: Apache-2.0
//
// The webhook's two routes. A webhook is answered 200 only after all of it is stored for good; else
// Meta sends it again, for up to a week.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "json.hpp"
#include "meta_cloud.hpp"
#include "reporter.hpp"
#include "signature.hpp"
#include "verification.hpp"

namespace gardu::meta_cloud {
namespace {

constexpr const char* kPath = "/webhooks/meta_cloud";
constexpr uint64_t kBodyLimit = 4U << 20U;  // Meta's own are up to 3 MB
constexpr size_t kMostWarnings = 1000;

HttpResponse problem(int status, const char* title, const char* detail) {
  return {
      status,
      dump(Json{{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}}),
      "application/problem+json",
      {}};
}

HttpResponse come_again() {
  HttpResponse r = problem(503, "Service Unavailable", "The webhook could not be stored yet.");
  r.headers.emplace_back("Retry-After", "1");
  return r;
}

HttpResponse taken() { return {200, "", "text/plain", {}}; }

}  // namespace

void MetaCloud::add_routes() {
  Route verify;
  verify.method = "GET";
  verify.pattern = kPath;
  verify.auth = GARDU_AUTH_NONE;
  verify.handler = [this](const HttpRequest& request, HttpReply reply) {
    on_verify(request, std::move(reply));
  };
  host().route(std::move(verify));

  Route webhook;
  webhook.method = "POST";
  webhook.pattern = kPath;
  webhook.auth = GARDU_AUTH_NONE;
  webhook.body_limit = kBodyLimit;
  webhook.handler = [this](const HttpRequest& request, HttpReply reply) {
    on_webhook(request, std::move(reply));
  };
  host().route(std::move(webhook));
}

void MetaCloud::on_verify(const HttpRequest& request, HttpReply reply) {
  std::vector<std::string_view> tokens{settings_.verify_token};
  for (const auto& [id, account] : accounts_.all()) tokens.push_back(account.verify_token);
  auto challenge = answer_verification(request.query(), tokens);
  if (challenge) {
    reply.send({200, std::move(*challenge), "text/plain", {}});
    return;
  }
  host().warn("a webhook verification was refused: wrong mode or verify_token");
  reply.send(problem(403, "Forbidden", "hub.mode or hub.verify_token is wrong."));
}

bool MetaCloud::is_signed(const HttpRequest& request, std::string_view signature) const {
  bool fits = signature_matches(settings_.app_secret, request.body(), signature);
  std::set<std::string_view> tried{settings_.app_secret};
  for (const auto& [id, account] : accounts_.all())
    if (!account.app_secret.empty() && tried.insert(account.app_secret).second)
      fits = signature_matches(account.app_secret, request.body(), signature) || fits;
  return fits;
}

void MetaCloud::on_webhook(const HttpRequest& request, HttpReply reply) {
  const std::string_view signature = request.header("X-Hub-Signature-256");
  if (signature.empty()) {
    counters_.refused.add();
    host().warn("a webhook without X-Hub-Signature-256 was refused");
    reply.send(problem(401, "Unauthorized", "X-Hub-Signature-256 is missing."));
    return;
  }
  if (!is_signed(request, signature)) {
    counters_.refused.add();
    host().warn("a webhook with a wrong signature was refused: check app_secret");
    reply.send(problem(403, "Forbidden", "X-Hub-Signature-256 does not fit the body."));
    return;
  }
  auto webhook = read_webhook(request.body(), accounts_);
  if (!webhook) {
    counters_.refused.add();
    host().warn("a webhook was refused: not JSON of a whatsapp_business_account");
    reply.send(problem(400, "Bad Request", "Expected JSON of object whatsapp_business_account."));
    return;
  }
  if (may_appear(webhook->unknown_numbers)) {
    reply.send(come_again());
    return;
  }
  count(*webhook);
  warn_of_unknown(*webhook);
  publish_webhook(webhook->publications, std::move(reply));
}

void MetaCloud::count(const Webhook& webhook) {
  int64_t messages = 0, statuses = 0, other = 0;
  for (const Publication& p : webhook.publications) {
    if (p.status)
      ++statuses;
    else if (p.message)
      ++messages;
    else
      ++other;
  }
  const auto unsupported = static_cast<int64_t>(webhook.unsupported);
  auto ignored = static_cast<int64_t>(webhook.ignored_statuses);
  for (const auto& [field, n] : webhook.ignored_fields) ignored += static_cast<int64_t>(n);
  counters_.messages.add(messages - unsupported);
  counters_.unsupported.add(unsupported);
  counters_.statuses.add(statuses);
  counters_.other.add(other);
  counters_.ignored.add(ignored);
  counters_.malformed.add(static_cast<int64_t>(webhook.malformed));
}

// The account of a number may have been made a moment ago, at another host of the same database:
// for a while Meta is asked to come again. For good that would be wrong: an app may have other
// numbers.
bool MetaCloud::may_appear(const std::set<std::string>& numbers) {
  bool young = false;
  const auto now = std::chrono::steady_clock::now();
  for (const std::string& number : numbers) {
    if (unknown_since_.size() >= kMostWarnings && unknown_since_.count(number) == 0) continue;
    young =
        now - unknown_since_.emplace(number, now).first->second < unknown_number_retry_ || young;
  }
  return young;
}

// Once for each: a number that is not ours may send for days.
void MetaCloud::warn_of_unknown(const Webhook& webhook) {
  for (const std::string& number : webhook.unknown_numbers) {
    counters_.unknown_numbers.add();
    if (warned_numbers_.size() < kMostWarnings && warned_numbers_.insert(number).second)
      host().warn("webhooks come for phone_number_id '" + number + "', which no account has");
  }
  for (const auto& [field, n] : webhook.ignored_fields)
    if (warned_fields_.size() < kMostWarnings && warned_fields_.insert(field).second)
      host().debug("webhooks of field '" + field + "' are not used");
  if (webhook.malformed > 0)
    host().warn("a webhook had " + std::to_string(webhook.malformed) + " malformed parts");
}

void MetaCloud::publish_webhook(const std::vector<Publication>& items, HttpReply reply) {
  if (items.empty()) {
    reply.send(taken());
    return;
  }
  auto answer_to = std::make_shared<HttpReply>(std::move(reply));
  const Status status = host().publish(
      items, [answer_to, reporter = reporter_](int32_t outcome, PublishResults results) {
        reporter->report(outcome, results);
        answer_to->send(outcome == GARDU_OK ? taken() : come_again());
      });
  if (!status.ok()) answer_to->send(come_again());
}

}  // namespace gardu::meta_cloud
