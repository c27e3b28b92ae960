// SPDX-License-Identifier: Apache-2.0
// "host:port" and "[v6]:port" taken apart. Pure.
#pragma once

#include <string>

namespace gardu::host::http::detail {

struct ListenAddress {
  std::string host;
  std::string port;  // decimal, 0..65535
};

// Throws std::runtime_error saying what is wrong with the text.
ListenAddress parse_listen(const std::string& text);

}  // namespace gardu::host::http::detail
