// SPDX-License-Identifier: Apache-2.0
#include "inject.hpp"

#include <nlohmann/json.hpp>

#include "inject_message.hpp"

namespace gardu::loopback {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;

HttpResponse problem_of(int status, std::string_view title, std::string_view detail, Json errors) {
  Json body = {{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}};
  if (!errors.empty()) body["errors"] = std::move(errors);
  HttpResponse response{status,
                        body.dump(-1, ' ', false, Json::error_handler_t::replace),
                        "application/problem+json",
                        {}};
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

HttpResponse invalid(const FieldErrors& wrong) {
  Json errors = Json::array();
  for (const auto& [field, message] : wrong)
    errors.push_back({{"field", field}, {"message", message}});
  return problem_of(422, "Not valid", "Some members are missing or not valid; see errors.",
                    std::move(errors));
}

// Empty: no JSON, or deeper than anybody would write; what is read is walked recursively later.
bool is_utf8(std::string_view text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

// With a NUL, escaped, for every run of bytes that is no text: so that the members that have one
// can be told.
std::string with_nul_for_bad_text(std::string_view text) {
  std::string out;
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80U; };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_ascii(text[end]) == is_ascii(text[i])) ++end;
    const std::string_view run = text.substr(i, end - i);
    out += is_ascii(text[i]) || is_utf8(run) ? run : std::string_view("\\u0000");
    i = end;
  }
  return out;
}

std::optional<Json> parse(std::string_view body) {
  bool too_deep = false;
  Json out = Json::parse(
      body,
      [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > kMaxDepth;
        return !too_deep;
      },
      false);
  if (out.is_discarded() || too_deep) return std::nullopt;
  return out;
}

void read_messages(const Json& body, Injection& out, FieldErrors& errors) {
  for (const auto& [key, value] : body.items())
    if (key != "account_id" && key != "messages")
      errors.emplace_back(key, "is not known beside messages");
  const Json& messages = body.at("messages");
  if (!messages.is_array() || messages.empty() || messages.size() > kMaxInjected) {
    errors.emplace_back("messages",
                        "must be an array of 1 to " + std::to_string(kMaxInjected) + " messages");
    return;
  }
  for (std::size_t i = 0; i < messages.size(); ++i)
    out.publications.push_back(
        read_injected(messages[i], "messages[" + std::to_string(i) + "].", false, errors));
}

}  // namespace

HttpResponse problem(int status, std::string_view title, std::string_view detail) {
  return problem_of(status, title, detail, {});
}

Injection read_injection(std::string_view text, const std::function<std::string()>& next_id) {
  Injection out;
  auto body = parse(text);
  if (!body) {
    if (const std::string told = with_nul_for_bad_text(text); told != text)
      if (auto members = parse(told); members && members->is_object()) body = std::move(members);
  }
  if (!body) {
    out.problem = problem(400, "Malformed JSON", "The body is no JSON, or nested too deeply.");
    return out;
  }
  FieldErrors errors;
  if (!body->is_object()) {
    out.problem = invalid({{"", "the body must be an object"}});
    return out;
  }
  const Json account = body->value("account_id", Json());
  if (account.is_string() && !account.get_ref<const std::string&>().empty())
    out.account_id = account.get<std::string>();
  else
    errors.emplace_back("account_id", "is required, a string");
  if (body->contains("messages"))
    read_messages(*body, out, errors);
  else
    out.publications.push_back(read_injected(*body, "", true, errors));
  if (!errors.empty()) {
    out.problem = invalid(errors);
    return out;
  }
  for (Publication& p : out.publications) {
    p.account_id = out.account_id;
    if (p.message && p.message->provider_message_id.empty())
      p.message->provider_message_id = next_id();
  }
  return out;
}

HttpResponse answer_to_injection(std::int32_t code, PublishResults results) {
  if (code == GARDU_FULL || code == GARDU_STOPPED || code == GARDU_NOT_CONNECTED ||
      code == GARDU_RETRY)
    return problem(503, "Not now", "Nothing was taken; try again in a moment.");
  if (code != GARDU_OK) return problem(500, "Not stored", "The messages could not be stored.");
  Json data = Json::array();
  FieldErrors refused;
  for (const gardu_publish_result& r : results) {
    if (r.status != GARDU_OK)
      refused.emplace_back("messages[" + std::to_string(data.size()) + "]",
                           r.detail[0] != '\0' ? r.detail : "was refused");
    data.push_back({{"message_id", r.message_id[0] != '\0' ? Json(r.message_id) : Json()},
                    {"contact_id", r.contact_id[0] != '\0' ? Json(r.contact_id) : Json()},
                    {"seq", r.seq != 0 ? Json(r.seq) : Json()},
                    {"duplicate", (r.flags & GARDU_PUBLISH_DUPLICATE) != 0}});
  }
  if (!refused.empty()) return invalid(refused);
  return HttpResponse::json(202, Json{{"data", std::move(data)}}.dump());
}

}  // namespace gardu::loopback
