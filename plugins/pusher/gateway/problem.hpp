// SPDX-License-Identifier: Apache-2.0
//
// How the plugin's routes on the gateway's HTTP server say what is wrong: RFC 9457.
#pragma once
#include <gardu/http.hpp>
#include <string_view>

namespace gardu::pusher {

HttpResponse problem(int status, std::string_view title, std::string_view detail);

}  // namespace gardu::pusher
