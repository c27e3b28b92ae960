// SPDX-License-Identifier: Apache-2.0
//
// The plugin's settings as values. Reading throws std::exception on what the schema does not allow.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::loopback {

enum class PeerKind { echo, script, silent };

struct ScriptLine {
  std::string match;  // lower case
  std::string reply;
};

struct Settings {
  std::chrono::milliseconds sent{10}, delivered{40}, read{80}, typing{150}, login{0};
  PeerKind peer = PeerKind::echo;
  std::vector<ScriptLine> script;
  std::optional<std::uint64_t> seed;
};

Settings read_settings(std::string_view json);

// The answer of the first line that matches, or null.
const std::string* answer_from(const std::vector<ScriptLine>& script, std::string_view text);

}  // namespace gardu::loopback
