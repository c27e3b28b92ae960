// SPDX-License-Identifier: Apache-2.0
//
// Signatures of subscriptions and of API requests.
#include "protocol/signature.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "protocol/crypto.hpp"

namespace gardu::pusher {
namespace {

constexpr int64_t kTimestampTolerance = 600;
constexpr size_t kMostParameters = 500;

const KeyPair* find_key(std::span<const KeyPair> keys, std::string_view key) {
  const auto it = std::ranges::find(keys, key, &KeyPair::key);
  return it == keys.end() ? nullptr : &*it;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

// How the query's values may be read: libraries disagree on what they send and what they sign.
enum class Reading { plus_literal, plus_space, raw };

Query read_query(std::string_view query, Reading reading) {
  Query out;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    out.emplace_back(percent_decode(pair.substr(0, equals), false),
                     reading == Reading::raw
                         ? std::string(value)
                         : percent_decode(value, reading == Reading::plus_space));
  }
  return out;
}

// "a[]=1&a[]=2" and "a[0]=1&a[1]=2" are signed as "a=1,2" by the PHP library.
Query join_arrays(const Query& query) {
  Query out;
  for (const auto& [key, value] : query) {
    const size_t bracket = key.find('[');
    if (bracket == std::string::npos || key.back() != ']') {
      out.emplace_back(key, value);
      continue;
    }
    const std::string name = key.substr(0, bracket);
    const auto it = std::ranges::find(out, name, &Query::value_type::first);
    if (it == out.end())
      out.emplace_back(name, value);
    else
      it->second += ',' + value;
  }
  return out;
}

std::string canonical(Query query) {
  for (auto& [key, value] : query) key = lower(std::move(key));
  std::erase_if(query, [](const auto& pair) { return pair.first == "auth_signature"; });
  std::ranges::stable_sort(query, {}, &Query::value_type::first);
  std::string out;
  for (const auto& [key, value] : query) {
    if (!out.empty()) out += '&';
    out += key + '=' + value;
  }
  return out;
}

std::string check_body(std::string_view body, std::string_view md5) {
  if (body.empty() && md5.empty()) return {};
  if (md5.empty()) return "body_md5 is missing";
  return is_md5_hex(md5, body) ? "" : "body_md5 is not the body's";
}

std::string check_timestamp(std::string_view text, int64_t now) {
  int64_t given = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), given);
  if (problem != std::errc{} || end != text.data() + text.size())
    return "auth_timestamp is not a number";
  if (given >= now - kTimestampTolerance && given <= now + kTimestampTolerance) return {};
  return "Timestamp expired: given timestamp (" + std::string(text) +
         ") is not within 600s of server time (" + std::to_string(now) + ")";
}

// Libraries sign the path without a mount prefix, and before they escape it.
std::vector<std::string> path_readings(const SignedRequest& r) {
  std::vector<std::string> paths;
  const auto add = [&](std::string path) {
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(std::move(path));
  };
  for (const std::string_view path : {r.path.substr(r.prefix.size()), r.path}) {
    add(std::string(path));
    add(percent_decode(path, false));
  }
  return paths;
}

std::vector<std::string> query_readings(std::string_view text) {
  std::vector<std::string> out;
  // Nobody signs so many, and what follows is more work for each.
  if (static_cast<size_t>(std::ranges::count(text, '&')) > kMostParameters) return out;
  const auto add = [&](std::string query) {
    if (std::ranges::find(out, query) == out.end()) out.push_back(std::move(query));
  };
  for (const Reading reading : {Reading::plus_literal, Reading::plus_space, Reading::raw}) {
    const Query query = read_query(text, reading);
    add(canonical(join_arrays(query)));
    add(canonical(query));
  }
  return out;
}

// What a request says of itself.
struct Claims {
  std::string_view key, version, timestamp, md5, signature;
};

std::string_view* claim_of(Claims& claims, std::string_view name) {
  if (name == "auth_key") return &claims.key;
  if (name == "auth_version") return &claims.version;
  if (name == "auth_timestamp") return &claims.timestamp;
  if (name == "body_md5") return &claims.md5;
  return name == "auth_signature" ? &claims.signature : nullptr;
}

// The first of each name counts.
Claims read_claims(const Query& query) {
  Claims out;
  for (const auto& [key, value] : query) {
    std::string_view* const claim = claim_of(out, lower(key));
    if (claim != nullptr && claim->data() == nullptr) *claim = value;
  }
  return out;
}

// A query as most libraries send it: nothing in it is escaped, and it is in the order in which it
// was signed. Then nothing needs to be taken apart and put together again.
struct PlainQuery {
  Claims claims;
  std::string_view before, after;  // the signature; what was signed is the one and then the other
};

bool plain_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::optional<PlainQuery> read_plain(std::string_view query) {
  if (query.find('%') != query.npos || query.find('+') != query.npos) return std::nullopt;
  PlainQuery out{{}, query, {}};
  std::string_view last;
  for (size_t at = 0; at < query.size();) {
    const size_t end = std::min(query.find('&', at), query.size());
    const std::string_view pair = query.substr(at, end - at);
    const size_t equals = pair.find('=');
    if (equals == pair.npos || !plain_name(pair.substr(0, equals))) return std::nullopt;
    const std::string_view name = pair.substr(0, equals);
    std::string_view* const claim = claim_of(out.claims, name);
    if (claim == &out.claims.signature) {
      if (claim->data() != nullptr) return std::nullopt;
      out.before = query.substr(0, at == 0 ? 0 : at - 1);
      out.after = query.substr(at == 0 ? std::min(end + 1, query.size()) : end);
    } else {
      if (name <= last) return std::nullopt;
      last = name;
    }
    if (claim != nullptr) *claim = pair.substr(equals + 1);
    at = end + 1;
  }
  return out;
}

// Everything but the signature.
std::string check_claims(const Claims& claims, const KeyPair* pair, std::string_view body,
                         int64_t now_s) {
  if (pair == nullptr) return "auth_key is not a key of this app";
  if (claims.version != "1.0") return "auth_version must be 1.0";
  if (auto why = check_timestamp(claims.timestamp, now_s); !why.empty()) return why;
  return check_body(body, claims.md5);
}

bool signed_in_any_way(const SignedRequest& request, const KeyPair& pair, std::string_view given) {
  const auto queries = query_readings(request.query);
  bool matches = false;
  for (const std::string& path : path_readings(request))
    for (const std::string& text : queries)
      matches |= is_hmac_sha256_hex(given, pair.secret, {request.method, "\n", path, "\n", text});
  return matches;
}

}  // namespace

std::string sign_channel(const KeyPair& pair, std::string_view socket_id, std::string_view channel,
                         const std::optional<std::string>& channel_data) {
  std::string text(socket_id);
  text += ':';
  text += channel;
  if (channel_data) text += ':' + *channel_data;
  return pair.key + ':' + hmac_sha256_hex(pair.secret, text);
}

bool verify_channel(std::span<const KeyPair> keys, std::string_view auth,
                    std::string_view socket_id, std::string_view channel,
                    const std::optional<std::string>& channel_data) {
  const size_t colon = auth.find(':');
  if (colon == std::string_view::npos) return false;
  const KeyPair* pair = find_key(keys, auth.substr(0, colon));
  return pair != nullptr &&
         equal_in_constant_time(auth, sign_channel(*pair, socket_id, channel, channel_data));
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  if (text.find('%') == text.npos && !(plus_is_space && text.find('+') != text.npos))
    return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
  }
  return out;
}

Query parse_query(std::string_view query, bool plus_is_space) {
  return read_query(query, plus_is_space ? Reading::plus_space : Reading::plus_literal);
}

std::string verify_request(const SignedRequest& request, std::span<const KeyPair> keys,
                           int64_t now_s) {
  if (const auto plain = read_plain(request.query)) {
    const KeyPair* pair = find_key(keys, plain->claims.key);
    if (auto why = check_claims(plain->claims, pair, request.body, now_s); !why.empty()) return why;
    if (is_hmac_sha256_hex(plain->claims.signature, pair->secret,
                           {request.method, "\n", request.path.substr(request.prefix.size()), "\n",
                            plain->before, plain->after}))
      return {};
  }
  const Query query = parse_query(request.query);
  const Claims claims = read_claims(query);
  const KeyPair* pair = find_key(keys, claims.key);
  if (auto why = check_claims(claims, pair, request.body, now_s); !why.empty()) return why;
  return signed_in_any_way(request, *pair, claims.signature) ? ""
                                                             : "Authentication signature invalid";
}

}  // namespace gardu::pusher
