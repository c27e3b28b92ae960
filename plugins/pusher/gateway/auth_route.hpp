// SPDX-License-Identifier: Apache-2.0
//
// POST /broadcasting/auth and /broadcasting/user-auth: let a bearer of the gateway's tokens into
// the gateway's channels, as the user that the token belongs to.
#pragma once
#include <gardu/host.hpp>

#include "gateway/profile.hpp"
#include "protocol/settings.hpp"

namespace gardu::pusher {

// [plugin-thread] `app`: the one that carries the gateway's channels.
void mount_auth_routes(const Host& host, const AppSettings& app, Profiles profiles);

}  // namespace gardu::pusher
