// SPDX-License-Identifier: Apache-2.0
//
// Meta's error codes.
#include "error_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

namespace gardu::meta_cloud {
namespace {

using Class = ErrorClass;
constexpr auto kMessage = GARDU_SCOPE_MESSAGE;
constexpr auto kPair = GARDU_SCOPE_PAIR;
constexpr auto kAccount = GARDU_SCOPE_ACCOUNT;
constexpr int64_t kHour = 3600;

constexpr int64_t kPairCode = 131056;

// Ascending and without overlap.
constexpr std::array kRules{
    ErrorRule{0, 0, Class::account, kMessage, 0},
    ErrorRule{1, 2, Class::retry, kMessage, 0},
    ErrorRule{3, 3, Class::account, kMessage, 0},
    ErrorRule{4, 4, Class::throttle, kAccount, 60},
    ErrorRule{10, 10, Class::account, kMessage, 0},
    ErrorRule{17, 17, Class::throttle, kAccount, 60},
    ErrorRule{32, 32, Class::throttle, kAccount, 60},
    ErrorRule{33, 33, Class::account, kMessage, 0},
    ErrorRule{100, 100, Class::permanent, kMessage, 0},  // but see rule_of for its subcode 33
    ErrorRule{104, 104, Class::account, kMessage, 0},
    ErrorRule{190, 190, Class::account, kMessage, 0},
    ErrorRule{200, 299, Class::account, kMessage, 0},
    ErrorRule{368, 368, Class::account, kMessage, 0},
    ErrorRule{613, 613, Class::throttle, kAccount, 60},
    ErrorRule{80007, 80008, Class::throttle, kAccount, 60},
    ErrorRule{130429, 130429, Class::throttle, kAccount, 5},
    ErrorRule{130472, 130472, Class::permanent, kMessage, 0},
    ErrorRule{130497, 130497, Class::permanent, kMessage, 0},
    ErrorRule{131000, 131000, Class::retry, kMessage, 0},
    ErrorRule{131005, 131005, Class::account, kMessage, 0},
    ErrorRule{131008, 131009, Class::permanent, kMessage, 0},
    ErrorRule{131016, 131016, Class::retry, kMessage, 0},
    ErrorRule{131021, 131021, Class::permanent, kMessage, 0},
    ErrorRule{131026, 131026, Class::permanent, kMessage, 0},
    ErrorRule{131030, 131030, Class::permanent, kMessage, 0},
    ErrorRule{131031, 131031, Class::account, kMessage, 0},
    ErrorRule{131037, 131037, Class::account, kMessage, 0},
    ErrorRule{131042, 131042, Class::account, kMessage, 0},
    ErrorRule{131044, 131045, Class::account, kMessage, 0},
    ErrorRule{131047, 131047, Class::permanent, kMessage,
              0},  // outside the window: a template would do
    ErrorRule{131048, 131048, Class::throttle, kAccount, kHour},
    ErrorRule{131049, 131051, Class::permanent, kMessage, 0},
    ErrorRule{131052, 131053, Class::retry_once, kMessage, 0},
    ErrorRule{131056, 131056, Class::throttle, kPair, 0},  // 4^n seconds
    ErrorRule{131057, 131057, Class::retry, kMessage, 60},
    ErrorRule{131060, 131060, Class::permanent, kMessage, 0},
    ErrorRule{131062, 131062, Class::permanent, kMessage, 0},
    ErrorRule{131063, 131064, Class::account, kMessage, 0},
    ErrorRule{132000, 132001, Class::permanent, kMessage, 0},
    ErrorRule{132005, 132005, Class::permanent, kMessage, 0},
    ErrorRule{132007, 132008, Class::permanent, kMessage, 0},
    ErrorRule{132012, 132012, Class::permanent, kMessage, 0},
    ErrorRule{132015, 132016, Class::permanent, kMessage, 0},
    ErrorRule{132018, 132018, Class::permanent, kMessage, 0},
    ErrorRule{132068, 132068, Class::permanent, kMessage, 0},
    ErrorRule{132069, 132069, Class::throttle, kMessage, 60},
    ErrorRule{133000, 133000, Class::retry, kMessage, 0},
    ErrorRule{133004, 133004, Class::retry, kMessage, 0},
    ErrorRule{133005, 133006, Class::account, kMessage, 0},
    ErrorRule{133008, 133010, Class::account, kMessage, 0},
    ErrorRule{133015, 133015, Class::retry, kMessage, 300},
    ErrorRule{133016, 133016, Class::throttle, kAccount, 72 * kHour},
    ErrorRule{134011, 134011, Class::account, kMessage, 0},
    ErrorRule{134100, 134102, Class::permanent, kMessage, 0},
    ErrorRule{135000, 135000, Class::permanent, kMessage, 0},
    ErrorRule{137000, 137000, Class::permanent, kMessage, 0},
    ErrorRule{139000, 139004, Class::permanent, kMessage, 0},
    ErrorRule{139100, 139103, Class::permanent, kMessage, 0},
    ErrorRule{147001, 147004, Class::permanent, kMessage, 0},
    ErrorRule{2593107, 2593108, Class::permanent, kMessage, 0},
};
constexpr ErrorRule kUnlisted{-1, -1, Class::permanent, kMessage, 0};
constexpr ErrorRule kMissingObject{100, 100, Class::account, kMessage, 0};
constexpr ErrorRule kBusy{-1, -1, Class::throttle, kAccount, 5};
constexpr ErrorRule kServerFault{-1, -1, Class::retry, kMessage, 0};

int64_t number_in(std::string_view text) {
  int64_t n = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() && n >= 0 ? n : -1;
}

// {"<id>":[{"estimated_time_to_regain_access": minutes}]}
int64_t seconds_to_regain(std::string_view header) {
  const auto usage = header.empty() ? std::nullopt : parse_document(header);
  int64_t minutes = 0;
  if (!usage || !usage->value->is_object()) return 0;
  for (const Json& list : *usage->value) {
    if (!list.is_array()) continue;
    for (const Json& row : list) {
      const Json* v = member(row, "estimated_time_to_regain_access");
      if (v != nullptr && v->is_number_integer())
        minutes = std::clamp<int64_t>(v->get<int64_t>(), minutes, 7L * 24 * 60);
    }
  }
  return minutes * 60;
}

Status with_wait(gardu_status code, const std::string& why, int64_t wait_s, gardu_scope scope) {
  gardu_error record = Status::record();
  (void)Status(code, why).write_to(&record);
  record.retry_after = std::clamp<int64_t>(wait_s, 0, 7L * 24 * kHour) * 1'000'000;
  record.scope = scope;
  return Status::read_from(code, record);
}

int64_t wait_of(const ErrorRule& rule, const Refusal& r) {
  const int64_t told = number_in(r.retry_after);
  if (told >= 0) return told;
  if (rule.first == kPairCode) {
    const uint32_t n = std::min(std::max(r.attempt, r.pair_strikes + 1), 6U);
    return int64_t{1} << (2 * n);
  }
  return std::max(rule.wait_s,
                  rule.what == Class::throttle ? seconds_to_regain(r.business_usage) : 0);
}

Status make_status(const ErrorRule& rule, const Refusal& r, const std::string& why) {
  switch (rule.what) {
    case Class::retry_once:
      if (r.attempt > 1) return Status::rejected(why);
      [[fallthrough]];
    case Class::retry:
      return with_wait(GARDU_RETRY, why, wait_of(rule, r), kMessage);
    case Class::throttle:
      return with_wait(GARDU_THROTTLED, why, wait_of(rule, r), rule.scope);
    case Class::account:
      return Status::auth(why);
    case Class::permanent:
      break;
  }
  return Status::rejected(why);
}

// Meta repeats a token that it finds malformed.
std::string without(std::string text, std::string_view secret) {
  constexpr std::string_view kInstead = "[token]";
  if (secret.empty()) return text;
  for (size_t at = text.find(secret); at != std::string::npos;
       at = text.find(secret, at + kInstead.size()))
    text.replace(at, secret.size(), kInstead);
  return text;
}

// No error object: a proxy, or a server on its knees.
Status status_without_body(const Refusal& r) {
  const std::string why =
      "the Graph API answered HTTP " + std::to_string(r.http_status) + " without an error object";
  if (r.http_status == 429) return make_status(kBusy, r, why);
  // The request went on behind the gateway, and may have been carried out there.
  if (r.http_status == 502 || r.http_status == 504) return Status::timeout(why);
  if (r.http_status >= 500 || r.http_status == 408) return make_status(kServerFault, r, why);
  if (r.http_status == 401 || r.http_status == 403) return Status::auth(why);
  return Status::rejected(why);
}

}  // namespace

std::span<const ErrorRule> error_rules() { return kRules; }

const ErrorRule& rule_of(int64_t code, int64_t subcode) {
  if (code == 100 && subcode == 33) return kMissingObject;
  const auto* it = std::lower_bound(kRules.begin(), kRules.end(), code,
                                    [](const ErrorRule& r, int64_t c) { return r.last < c; });
  return it != kRules.end() && it->first <= code ? *it : kUnlisted;
}

bool is_retryable(int64_t code, int64_t subcode) {
  const ErrorClass what = rule_of(code, subcode).what;
  return what == Class::retry || what == Class::retry_once || what == Class::throttle;
}

int64_t code_of(const Json* value) {
  const std::string text = id_of(value);
  return text.empty() ? -1 : number_in(text);
}

Status status_of(const Refusal& r) {
  const auto document = parse_document(r.body);
  const Json* error = document ? member(*document->value, "error") : nullptr;
  const int64_t code = code_of(member(error, "code"));
  if (code < 0) return status_without_body(r);
  const ErrorRule* rule = &rule_of(code, code_of(member(error, "error_subcode")));
  if (r.http_status == 429 && rule->what != Class::throttle) rule = &kBusy;
  if (rule == &kUnlisted && r.http_status >= 500) rule = &kServerFault;

  const auto said = [&](const Json* text) { return without(text_of(text), r.token); };
  const std::string title = said(member(error, "message"));
  std::string details = said(member(member(error, "error_data"), "details"));
  if (details.empty()) details = said(member(error, "error_user_msg"));
  if (details.empty()) details = title;
  const std::string trace = said(member(error, "fbtrace_id"));
  if (!trace.empty()) details += " (fbtrace_id " + trace + ")";
  if (rule == &kUnlisted) details += " [a code that this gateway does not know]";
  return make_status(*rule, r, details).with_code(std::to_string(code), title);
}

}  // namespace gardu::meta_cloud
