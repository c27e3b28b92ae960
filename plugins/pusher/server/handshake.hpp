// SPDX-License-Identifier: Apache-2.0
//
// Whether a connection may be opened. A browser hides the HTTP status of a refused upgrade from the
// page, so refusals are told on the open WebSocket.
#pragma once
#include <optional>
#include <string>

#include "protocol/messages.hpp"
#include "server/http_reader.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {

struct Handshake {
  std::optional<WebResponse> response;  // no WebSocket at all
  std::string accepted;                 // the answer that makes it one
  App* app = nullptr;                   // set: welcome, and counted in the app and in the node
  Code refusal{};                       // else: what to close with
  std::string why;
};

Handshake shake_hands(Hub& hub, const WebRequest& request, const std::string& key);

// Gives back what an accepted handshake was counted as.
void release_connection(Hub& hub, App& app);

}  // namespace gardu::pusher
