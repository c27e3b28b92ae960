// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace gardu::loopback {
namespace {

using Json = nlohmann::json;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

void read_milliseconds(const Json& object, const char* key, std::chrono::milliseconds& out) {
  if (object.contains(key)) out = std::chrono::milliseconds(object.at(key).get<std::uint32_t>());
}

PeerKind peer_kind(const std::string& name) {
  if (name == "echo") return PeerKind::echo;
  if (name == "script") return PeerKind::script;
  if (name == "silent") return PeerKind::silent;
  throw std::invalid_argument("peer: expected echo, script or silent");
}

}  // namespace

Settings read_settings(std::string_view json) {
  const Json in = Json::parse(json);
  Settings out;
  if (in.contains("ack_delay_ms")) {
    const Json& delays = in.at("ack_delay_ms");
    read_milliseconds(delays, "sent", out.sent);
    read_milliseconds(delays, "delivered", out.delivered);
    read_milliseconds(delays, "read", out.read);
  }
  read_milliseconds(in, "typing_ms", out.typing);
  read_milliseconds(in, "login_ms", out.login);
  if (in.contains("peer")) out.peer = peer_kind(in.at("peer").get<std::string>());
  if (in.contains("script"))
    for (const Json& line : in.at("script"))
      out.script.push_back(
          {lower(line.at("match").get<std::string>()), line.at("reply").get<std::string>()});
  if (in.contains("seed")) out.seed = in.at("seed").get<std::uint64_t>();
  return out;
}

const std::string* answer_from(const std::vector<ScriptLine>& script, std::string_view text) {
  const std::string heard = lower(text);
  const auto line = std::find_if(script.begin(), script.end(), [&](const ScriptLine& l) {
    return heard.find(l.match) != std::string::npos;
  });
  return line == script.end() ? nullptr : &line->reply;
}

}  // namespace gardu::loopback
