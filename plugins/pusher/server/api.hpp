// SPDX-License-Identifier: Apache-2.0
//
// The HTTP API that server libraries call. Runs on the connection's thread and never waits.
#pragma once
#include <cstdint>

#include "server/http_reader.hpp"
#include "server/hub.hpp"
#include "server/routes.hpp"

namespace gardu::pusher {

WebResponse answer(Hub& hub, const WebRequest& request, const Target& target, int64_t now_s);

// Bytes of a request's body that any app's limits can need.
size_t body_limit(const Settings& settings);

}  // namespace gardu::pusher
