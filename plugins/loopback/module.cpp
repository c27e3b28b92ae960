// SPDX-License-Identifier: Apache-2.0
//
// The entry point of loopback.so.
#include <gardu/plugin.hpp>

#include "loopback.hpp"

GARDU_PLUGIN(gardu::loopback::Loopback,
             {.id = "loopback",
              .version = "1.0.0",
              .name = "Loopback network",
              .license = "Apache-2.0",
              .roles = GARDU_ROLE_HTTP,
              .needs = GARDU_EXT_LOG " " GARDU_EXT_PUBLISH " " GARDU_EXT_TIMER
                                     " " GARDU_EXT_HTTP_ROUTES " " GARDU_EXT_AUTH})
