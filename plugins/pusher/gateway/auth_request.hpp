// SPDX-License-Identifier: Apache-2.0
//
// What a client asks of the authorization endpoints: a form, or JSON for those who would rather.
#pragma once
#include <cstdint>
#include <gardu/http.hpp>
#include <optional>
#include <string>

namespace gardu::pusher {

struct AuthRequest {
  std::string socket_id, channel;  // empty: missing, or no text
  // The newest seq that the client knows: `after_seq`, or `after_seq[<channel>]`, which counts for
  // that channel alone and before the other. Empty is as good as absent.
  std::optional<int64_t> after_seq;
  bool bad_after_seq = false;
};

AuthRequest read_auth_request(const HttpRequest& request);

}  // namespace gardu::pusher
