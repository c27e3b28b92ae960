// SPDX-License-Identifier: Apache-2.0
//
// The parts of an http or https address.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace gardu::meta_cloud {

struct Url {
  bool tls = false;
  std::string host, port, path;  // an IPv6 host without its brackets; a path without a final "/"
  // For the Host header.
  std::string authority() const;
};

// Empty: no such address, or one with credentials, query or fragment, which a base has not.
std::optional<Url> parse_url(std::string_view text);

}  // namespace gardu::meta_cloud
