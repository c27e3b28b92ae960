// SPDX-License-Identifier: Apache-2.0
//
// The entry point of forward_events.so.
#include "forward_events.hpp"

using forward_events::ForwardEvents;

GARDU_PLUGIN(ForwardEvents,
             {.id = "forward_events",
              .version = "1.0.0",
              .name = "Forward events",
              .license = "Apache-2.0",
              .subscribes = gardu::events::message_received | gardu::events::message_sent |
                            gardu::events::message_status_updated | gardu::events::message_updated |
                            gardu::events::message_deleted | gardu::events::message_reaction |
                            gardu::events::contact | gardu::events::conversation |
                            gardu::events::account,
              .delivery = gardu::Delivery::durable,
              .roles = GARDU_ROLE_HTTP,
              .needs = GARDU_EXT_LOG " " GARDU_EXT_TIMER " " GARDU_EXT_DB " " GARDU_EXT_HTTP_CLIENT
                                     " " GARDU_EXT_HTTP_ROUTES " " GARDU_EXT_METRICS,
              .host_min_minor = 1})
