// SPDX-License-Identifier: Apache-2.0
#include "api/call.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "base/crypto.hpp"
#include "base/time.hpp"
#include "base/utf8.hpp"
#include "base/uuid.hpp"
#include "storage/idempotency.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

constexpr int kDeepest = 64;
constexpr std::int64_t kKeepAnswersMs = 24 * 3600 * 1000;

// Depth is counted before parsing builds anything: a hostile body costs its own length.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// Every text in it may be stored.
void check_texts(const json& j, const std::string& path, std::vector<FieldError>& errors) {
  if (j.is_string() && !storable(j.get_ref<const std::string&>()))
    errors.push_back({path, "holds NUL or is no valid UTF-8"});
  if (j.is_object())
    for (const auto& [key, member] : j.items()) {
      if (!storable(key)) errors.push_back({path, "has a key that holds NUL"});
      check_texts(member, path.empty() ? key : path + "." + key, errors);
    }
  if (j.is_array())
    for (std::size_t i = 0; i < j.size(); ++i)
      check_texts(j[i], path + "[" + std::to_string(i) + "]", errors);
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
    out += valid_utf8(run) ? run : std::string_view("\\u0000");
    i = end;
  }
  return out;
}

// Null: malformed. Throws for a member that stands twice in one object: which one counts would
// depend on who reads it.
json parse_strictly(const std::string& text) {
  std::vector<std::set<std::string>> open;
  return json::parse(
      text,
      [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) open.emplace_back();
        if (event == json::parse_event_t::object_end) open.pop_back();
        if (event == json::parse_event_t::key &&
            !open.back().insert(value.get_ref<const std::string&>()).second)
          throw ApiError(400, "The JSON has a member twice in one object.");
        return true;
      },
      false);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::int64_t cursor_number_of(const std::string& text) {
  std::int64_t n = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, n);
  if (ec != std::errc{} || stop != end || n < 0)
    throw ApiError::fields({{"cursor", "is not one that this route gave"}});
  return n;
}

}  // namespace

ApiError ApiError::fields(std::vector<FieldError> errors) {
  ApiError e(422, "Some fields are not as they must be.");
  e.fields_ = std::move(errors);
  return e;
}

std::string json_text(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

http::Response json_response(int status, const json& body) {
  return http::Response::json(status, json_text(body));
}

http::Response text_response(int status, std::string json) {
  return http::Response::json(status, std::move(json));
}

http::Response problem_of(const ApiError& e, const std::string& request_id) {
  http::Response r = http::Response::problem(e.status(), e.what(), request_id);
  if (!e.field_errors().empty()) {
    json body = json::parse(r.body);
    for (const auto& f : e.field_errors())
      body["errors"].push_back({{"field", f.field}, {"message", f.message}});
    r.body = json_text(body);
  }
  if (e.status() == 401) r.headers.set("WWW-Authenticate", "Bearer");
  if (e.retry_after() > 0) r.headers.set("Retry-After", std::to_string(e.retry_after()));
  return r;
}

std::string Call::param(std::string_view name) const {
  return std::string(http::find_pair(params, name).value_or(""));
}

std::string Call::id() const {
  std::string id = param("id");
  if (!is_uuid(id)) throw ApiError::not_found();
  return id;
}

std::string Call::socket_id() const {
  constexpr std::size_t kLongest = 64;  // of the protocol: two numbers with a dot between
  const std::string_view text = request.headers.get("X-Socket-ID");
  const auto dot = std::min(text.find('.'), text.size());
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const bool right = text.size() <= kLongest && dot < text.size() && digits(text.substr(0, dot)) &&
                     digits(text.substr(dot + 1));
  return std::string(right ? text : "");
}

json Call::body() const {
  const std::string_view type = request.headers.get("Content-Type");
  const std::string_view bare = trimmed(type.substr(0, type.find(';')));
  if (!http::equals_ignoring_case(bare, "application/json"))
    throw ApiError(415, "The body must be application/json.");
  if (too_deep(request.body)) throw ApiError(400, "The JSON is nested too deeply.");
  const bool text = valid_utf8(request.body);
  json j = parse_strictly(text ? request.body : with_nul_for_bad_text(request.body));
  if (j.is_discarded() && !text) throw ApiError::fields({{"", "is no valid UTF-8"}});
  if (j.is_discarded()) throw ApiError(400, "The body is not valid JSON.");
  if (!j.is_object()) throw ApiError::fields({{"", "must be an object"}});
  std::vector<FieldError> errors;
  check_texts(j, "", errors);
  if (errors.empty() && !text) errors.push_back({"", "is no valid UTF-8"});
  if (!errors.empty()) throw ApiError::fields(std::move(errors));
  return j;
}

json Call::optional_body() const { return request.body.empty() ? json::object() : body(); }

Query::Query(const Call& call) {
  auto pairs = http::parse_query(call.request.query);
  if (!pairs) throw ApiError(400, "The query is not well formed.");
  pairs_ = std::move(*pairs);
  for (const auto& [name, value] : pairs_)
    if (!storable(value)) throw ApiError::fields({{name, "holds NUL or is no valid UTF-8"}});
}

std::optional<std::string> Query::text(std::string_view name) const {
  const auto value = http::find_pair(pairs_, name);
  if (!value || value->empty()) return std::nullopt;
  return std::string(*value);
}

std::optional<std::int64_t> Query::integer(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::int64_t n = 0;
  const char* const end = value->data() + value->size();
  const auto [stop, ec] = std::from_chars(value->data(), end, n);
  if (ec != std::errc{} || stop != end)
    throw ApiError::fields({{std::string(name), "must be an integer"}});
  return n;
}

std::optional<bool> Query::flag(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  if (*value == "true" || *value == "1") return true;
  if (*value == "false" || *value == "0") return false;
  throw ApiError::fields({{std::string(name), "must be true or false"}});
}

std::optional<std::int64_t> Query::time(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto at = parse_rfc3339(*value);
  if (!at) throw ApiError::fields({{std::string(name), "must be a time as RFC 3339 writes it"}});
  return at;
}

int Query::limit() const {
  const auto n = integer("limit");
  if (n && (*n < 1 || *n > 200)) throw ApiError::fields({{"limit", "must be from 1 to 200"}});
  return static_cast<int>(n.value_or(50));
}

std::optional<std::int64_t> Query::seq(std::string_view name) const {
  const auto n = integer(name);
  if (n && *n < 0) throw ApiError::fields({{std::string(name), "must not be negative"}});
  return n;
}

std::vector<std::string> Query::words(std::string_view name) const {
  std::vector<std::string> out;
  std::string list = text(name).value_or("");
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (comma > 0) out.push_back(list.substr(0, comma));
    list.erase(0, comma + 1);
  }
  if (out.size() > 40) throw ApiError::fields({{std::string(name), "are more than 40"}});
  return out;
}

std::optional<std::string> Query::one_of(std::string_view name,
                                         const std::vector<std::string>& words) const {
  auto value = text(name);
  if (!value || std::find(words.begin(), words.end(), *value) != words.end()) return value;
  std::string list;
  for (const auto& w : words) list += (list.empty() ? "" : ", ") + w;
  throw ApiError::fields({{std::string(name), "must be one of " + list}});
}

std::vector<std::string> Query::cursor(std::size_t parts) const {
  const auto value = text("cursor");
  if (!value) return {};
  const auto raw = value->size() <= 400 ? base64url_decode(*value) : std::nullopt;
  const json j = raw ? json::parse(*raw, nullptr, false) : json();
  const bool fine =
      j.is_array() && j.size() == parts && std::all_of(j.begin(), j.end(), [](const json& p) {
        return p.is_string() && storable(p.get_ref<const std::string&>());
      });
  if (!fine) throw ApiError::fields({{"cursor", "is not one that this route gave"}});
  return j.get<std::vector<std::string>>();
}

std::string Query::cursor_id() const {
  const auto parts = cursor(1);
  return parts.empty() ? "" : parts[0];
}

std::int64_t Query::cursor_number() const {
  const auto parts = cursor(1);
  return parts.empty() ? 0 : cursor_number_of(parts[0]);
}

std::optional<std::pair<std::int64_t, std::string>> Query::cursor_place() const {
  const auto parts = cursor(2);
  if (parts.empty()) return std::nullopt;
  return std::pair{cursor_number_of(parts[0]), parts[1]};
}

std::string make_cursor(const std::vector<std::string>& parts) {
  return base64url_encode(json(parts).dump());
}

std::string make_cursor(std::int64_t at, const std::string& id) {
  return make_cursor({std::to_string(at), id});
}

http::Response page(std::size_t rows, int limit,
                    const std::function<std::string(std::size_t i)>& element,
                    const std::function<std::string(std::size_t i)>& cursor,
                    const std::string& more) {
  const std::size_t shown = std::min(rows, static_cast<std::size_t>(limit));
  std::string body = "{\"data\":[";
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string one = element(i);
    if (one.empty()) continue;
    if (body.back() == '}') body += ',';
    body += one;
  }
  // A cursor is base64url.
  body += "],\"next_cursor\":" + (rows > shown ? '"' + cursor(shown - 1) + '"' : "null");
  if (!more.empty()) body += ',' + more;
  return text_response(200, body + '}');
}

http::Response create_once(Call& call,
                           const std::function<http::Response(storage::Transaction&)>& work,
                           const char* secret) {
  const std::string key(call.request.headers.get("Idempotency-Key"));
  if (key.size() > 255 || !storable(key))
    throw ApiError::fields({{"Idempotency-Key", "is over 255 bytes or no text"}});
  http::Response answer;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    if (key.empty()) {
      answer = work(tx);
      return;
    }
    storage::IdempotentAnswer kept;
    kept.workspace_id = call.workspace();
    kept.key = key;
    kept.route = call.request.method + " " + call.request.path;
    // A token that is narrowed must not be given what another one's request answered.
    const std::string by = call.principal.accounts ? call.principal.token_id : "";
    kept.request_hash = sha256_hex(kept.route + "\n" + by + "\n" + call.request.body);
    kept.expires_at = now_ms() + kKeepAnswersMs;
    if (const auto known = storage::idempotency::get(tx, kept.workspace_id, key, now_ms())) {
      if (known->request_hash != kept.request_hash)
        throw ApiError::fields({{"Idempotency-Key", "was used with another request"}});
      answer = http::Response::json(static_cast<int>(known->status), known->body);
      answer.headers.set("Idempotent-Replayed", "true");
      return;
    }
    answer = work(tx);
    kept.status = answer.status;
    kept.body = answer.body;
    if (secret != nullptr) {
      json without = json::parse(answer.body);
      without.erase(secret);
      kept.body = json_text(without);
    }
    storage::idempotency::put(tx, kept);
  });
  return answer;
}

}  // namespace gardu::host
