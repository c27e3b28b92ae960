// SPDX-License-Identifier: Apache-2.0
#include "provider.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>

#include "text_of.hpp"

namespace sms_http {
namespace {

using gardu::Status;
using nlohmann::json;

constexpr std::chrono::seconds kDeadline{20};  // less than the host gives a send

// The provider writes seconds, never a date. 0, the host's own pause, when it wrote nothing useful.
std::chrono::seconds retry_after(std::string_view header) {
  constexpr int kDay = 24 * 60 * 60;
  int seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error == std::errc::result_out_of_range) return std::chrono::seconds(kDay);
  return std::chrono::seconds(error == std::errc() ? std::clamp(seconds, 0, kDay) : 0);
}

// Of an answer that says no.
Status refused(const gardu::HttpAnswer& answer) {
  const int http = answer.status();
  const json body = json::parse(answer.body(), nullptr, false);
  std::string code, title;
  if (body.is_object() && body.contains("error")) {
    code = text_of(body["error"], "code");
    title = text_of(body["error"], "title");
  }
  std::string why = "the provider answered " + std::to_string(http);
  if (!code.empty()) why += ", " + code;
  if (!title.empty()) why += ": " + title;
  if (code.empty()) code = std::to_string(http);
  if (title.empty()) title = "Refused by the provider";

  const auto with_code = [&](Status status) { return std::move(status).with_code(code, title); };
  if (http == 400) return with_code(Status::invalid(why));
  if (http == 401 || http == 403) return with_code(Status::auth(why));
  if (http == 429)
    return with_code(
        Status::throttled(why, retry_after(answer.header("Retry-After")), GARDU_SCOPE_ACCOUNT));
  if (http >= 500) return with_code(Status::retry(why));
  return with_code(Status::rejected(why));
}

// Whether the call came so far that the provider's answer can be read.
Status carried_out(const gardu::HttpAnswer& answer) {
  if (answer.not_carried_out())
    return Status::not_connected("the provider was not reached: " + std::string(answer.error()));
  // It was sent and may have been carried out: nobody knows.
  if (!answer.answered()) return Status::timeout("no answer: " + std::string(answer.error()));
  return {};
}

bool fine(const gardu::HttpAnswer& answer) {
  return answer.status() >= 200 && answer.status() <= 299;
}

gardu::HttpCall call(std::string method, std::string url, const std::string& api_key) {
  gardu::HttpCall out;
  out.method = std::move(method);
  out.url = std::move(url);
  out.headers = {{"Authorization", "Bearer " + api_key}, {"Accept", "application/json"}};
  out.deadline = kDeadline;
  return out;
}

// The provider wants numbers with '+'. The gateway may know the address without, and the number
// with it; what is no number, such as a shop's short code, stays as it is.
std::string recipient(const gardu::Outbound& outbound) {
  const std::string to(outbound.to());
  const gardu_outbound& raw = outbound.raw();
  for (std::uint32_t i = 0; i < raw.identity_count; ++i)
    if (raw.identities[i].kind == GARDU_IDENTITY_PHONE &&
        gardu::view(raw.identities[i].value) == "+" + to)
      return "+" + to;
  return to;
}

}  // namespace

gardu::HttpCall send_call(const std::string& api_url, const std::string& api_key,
                          const gardu::Outbound& outbound) {
  const gardu::MessageView message = outbound.message();
  gardu::HttpCall out = call("POST", api_url + "/messages", api_key);
  out.headers.emplace_back("Content-Type", "application/json");
  out.headers.emplace_back("Idempotency-Key", message.id());
  const json body{{"to", recipient(outbound)},
                  {"from", outbound.account_address()},
                  {"text", message.text()},
                  {"reference", message.id()}};
  out.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return out;
}

gardu::Result<gardu::Accepted> send_outcome(const gardu::HttpAnswer& answer) {
  if (Status status = carried_out(answer); !status.ok()) return status;
  // 409: an earlier attempt was taken, only its answer was lost. It names that one's id.
  if (!fine(answer) && answer.status() != 409) return refused(answer);
  gardu::Accepted out;
  out.provider_message_id = text_of(json::parse(answer.body(), nullptr, false), "id");
  if (out.provider_message_id.empty())
    return Status::timeout("the provider took the message, but its answer names no id");
  return out;
}

gardu::HttpCall balance_call(const std::string& api_url, const std::string& api_key) {
  return call("GET", api_url + "/balance", api_key);
}

gardu::Result<std::string> balance_outcome(const gardu::HttpAnswer& answer) {
  if (Status status = carried_out(answer); !status.ok()) return status;
  if (!fine(answer)) return refused(answer);
  const json body = json::parse(answer.body(), nullptr, false);
  if (!body.is_object() || !body.contains("balance") || !body["balance"].is_number())
    return Status::retry("the provider's answer names no balance");
  const json out{
      {"status", "ok"}, {"balance", body["balance"]}, {"currency", text_of(body, "currency")}};
  return out.dump();
}

}  // namespace sms_http
