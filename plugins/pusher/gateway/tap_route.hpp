// SPDX-License-Identifier: Apache-2.0
//
// Routes by which operators look at a channel. A workspace's admin may look at the gateway's
// channels of that workspace; a platform token at the applications' own, which are no workspace's.
#pragma once
#include <gardu/host.hpp>

#include "gateway/profile.hpp"

namespace gardu::pusher {

class Hub;
struct App;

// `gateway` null: the gateway's events are not broadcast. The hub must outlive the routes.
void mount_tap_routes(const Host& host, Hub& hub, const App* gateway, Profiles profiles);

}  // namespace gardu::pusher
