// SPDX-License-Identifier: Apache-2.0
#include "api/actions.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gardu::host {
namespace {

using nlohmann::json;

constexpr std::int64_t kMicros = 1'000'000;

int http_status(std::int32_t code) {
  switch (code) {
    case GARDU_UNSUPPORTED:
    case GARDU_AUTH:
      return 409;
    case GARDU_REJECTED:
    case GARDU_INVALID:
    case GARDU_NOT_FOUND:
      return 422;
    case GARDU_THROTTLED:
      return 429;
    case GARDU_NOT_CONNECTED:
    case GARDU_FULL:
    case GARDU_STOPPED:
      return 503;
    case GARDU_TIMEOUT:
      return 504;
    default:
      return 502;
  }
}

}  // namespace

ApiError error_of(const gardu::Status& status) {
  std::string detail = status.message();
  if (!status.provider_code().empty()) detail += " (" + std::string(status.provider_code()) + ")";
  ApiError error(http_status(status.code()), detail);
  if (error.status() != 429 && error.status() != 503) return error;
  const std::int64_t seconds = (status.retry_after().count() + kMicros - 1) / kMicros;
  return std::move(error).retry_after(static_cast<int>(std::clamp<std::int64_t>(seconds, 1, 3600)));
}

void act(const Call& call, const storage::Account& account, ActionRequest request,
         const AnswerLater& later, std::function<http::Response(json data)> answer) {
  request.account_id = account.id;
  const auto done = [later, answer = std::move(answer)](const gardu::Status& status,
                                                        const std::string& data) {
    later([status, data, answer] {
      if (!status.ok()) throw error_of(status);
      json object = json::parse(data, nullptr, false);
      return answer(object.is_object() ? std::move(object) : json::object());
    });
  };
  if (const auto begun = call.api.transports.act(account, std::move(request), done); !begun.ok())
    throw error_of(begun);
}

void act_aside(const Call& call, const storage::Account& account, ActionRequest request) {
  request.account_id = account.id;
  const auto failed = [log = call.api.log, kind = request.kind, id = account.id](
                          const gardu::Status& status, const std::string&) {
    // A transport that cannot, or that needs more than is known of this conversation.
    const bool expected = status.code() == GARDU_UNSUPPORTED || status.code() == GARDU_INVALID;
    if (!status.ok() && !expected)
      log.warn("action {} of account {} failed: {}", kind, id, status.message());
  };
  const auto begun = call.api.transports.act(account, std::move(request), failed);
  if (!begun.ok()) failed(begun, {});
}

storage::Account account_of(storage::Session& s, const Call& call) {
  auto a = storage::accounts::get(s, call.workspace(), call.id());
  if (!a || !call.principal.sees_account(a->id)) throw ApiError::not_found();
  return *a;
}

std::string author_of(const Principal& p) { return p.user_id.empty() ? "api" : p.user_id; }

Origin origin_of(const Call& call) { return {"api", 0, call.socket_id()}; }

}  // namespace gardu::host
