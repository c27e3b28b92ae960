// SPDX-License-Identifier: Apache-2.0
//
// Carries a routed request into a plugin's handler, and the answer back.
#pragma once
#include <gardu/abi/ext/http_routes.h>

#include "plugins/mailbox.hpp"
#include "plugins/services.hpp"

namespace gardu::host {

// Posts the request as a task; answers 503 itself when the mailbox takes none, or closes first.
void hand_to_plugin(Mailbox& mailbox,
                    void (*handle)(void*, const gardu_http_request*, const gardu_http_reply*),
                    void* user, RoutedRequest request, http::Responder responder);

}  // namespace gardu::host
