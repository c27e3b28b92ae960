// SPDX-License-Identifier: Apache-2.0
//
// Names the plugin to the host.
#include "plugin.hpp"

GARDU_PLUGIN(gardu::pusher::PusherPlugin,
             {.id = "pusher",
              .version = "0.1.0",
              .name = "Pusher-protocol broadcaster",
              .license = "Apache-2.0",
              .subscribes = gardu::events::all,
              .delivery = gardu::Delivery::live,
              .roles = GARDU_ROLE_HTTP | GARDU_ROLE_SERVICE,
              .max_batch = 256,
              .needs = GARDU_EXT_LOG " " GARDU_EXT_HTTP_ROUTES " " GARDU_EXT_AUTH
                                     " " GARDU_EXT_SECRETS " " GARDU_EXT_JOURNAL})
