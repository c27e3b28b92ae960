// SPDX-License-Identifier: Apache-2.0
//
// POST /broadcasting/auth: lets a bearer of the gateway's tokens into the gateway's channels.
#pragma once
#include <gardu/host.hpp>

#include "protocol/settings.hpp"

namespace gardu::pusher {

// [plugin-thread] `app`: the one that carries the gateway's channels.
void mount_auth_route(const Host& host, const AppSettings& app);

}  // namespace gardu::pusher
