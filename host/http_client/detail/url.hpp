// SPDX-License-Identifier: Apache-2.0
// The parts of an absolute http or https URL, read strictly.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gardu::host::client::detail {

struct Url {
  bool tls = false;
  std::string host;  // lower case; a literal in its plain form, IPv6 without brackets
  bool literal = false;
  std::string port;    // decimal, always given
  std::string target;  // path and query, never empty

  std::string authority() const;          // for the Host header: a usual port is left out
  std::string host_and_port() const;      // for people and for CONNECT
  std::string_view name_for_tls() const;  // the host without a final dot
};

// Empty: `why` says what is wrong, without repeating any of the text.
std::optional<Url> parse_url(std::string_view text, std::string& why);

}  // namespace gardu::host::client::detail
