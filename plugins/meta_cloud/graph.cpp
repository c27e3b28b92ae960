// SPDX-License-Identifier: Apache-2.0
//
// Requests to the Graph API.
#include "graph.hpp"

#include <algorithm>
#include <charconv>

namespace gardu::meta_cloud {
namespace {

HttpCall call_of(const Graph& graph, const KnownAccount& account) {
  HttpCall call;
  call.url = graph.url + "/" + graph.version + "/" + account.phone_number_id;
  call.headers = {{"Authorization", "Bearer " + account.access_token},
                  {"Accept", "application/json"}};
  call.deadline = graph.timeout;
  return call;
}

bool is_port(std::string_view s) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), port);
  return error == std::errc{} && end == s.data() + s.size() && port >= 1 && port <= 65535;
}

// "host", "host:443", "[::1]:443"; whether the host can be one is found out when it is called.
bool is_authority(std::string_view s) {
  const bool bracketed = s.starts_with('[');
  const size_t end = s.find(bracketed ? ']' : ':');
  if (bracketed && (end == std::string_view::npos || end == 1)) return false;
  if (!bracketed && (s.empty() || end == 0)) return false;
  const std::string_view rest =
      end == std::string_view::npos ? std::string_view{} : s.substr(bracketed ? end + 1 : end);
  return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

}  // namespace

HttpCall Graph::post(const KnownAccount& account, std::string body) const {
  HttpCall call = call_of(*this, account);
  call.method = "POST";
  call.url += "/messages";
  call.headers.emplace_back("Content-Type", "application/json");
  call.body = std::move(body);
  return call;
}

HttpCall Graph::get(const KnownAccount& account, std::string_view fields) const {
  HttpCall call = call_of(*this, account);
  call.url += "?fields=";
  call.url += fields;
  return call;
}

Result<std::string> read_graph_url(std::string_view text) {
  const Status wrong =
      Status::invalid("plugins.load.meta_cloud.graph_url: no http or https address");
  std::string_view rest = text;
  if (rest.starts_with("https://"))
    rest.remove_prefix(8);
  else if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else
    return wrong;
  const bool plain =
      std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!plain || !is_authority(rest.substr(0, rest.find('/'))) ||
      rest.find_first_of("@?#") != std::string_view::npos)
    return wrong;
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace gardu::meta_cloud
