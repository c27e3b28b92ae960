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

// 503 with Retry-After.
void answer_unavailable(const RoutedRequest& request, http::Responder& responder);

// The same for a plugin in a process of its own: the request as it travels there, and the answer
// that came back (one that makes no sense: 500).
std::string pack_request(std::uint64_t route, const RoutedRequest& request);
void answer_from(const std::string& packed, const RoutedRequest& request,
                 http::Responder& responder);
// The other end.
class ReceivedRequest {
 public:
  explicit ReceivedRequest(std::string packed);
  std::uint64_t route() const { return route_; }
  const gardu_http_request& view() const { return view_; }

 private:
  const std::string packed_;
  std::uint64_t route_ = 0;
  std::vector<gardu_header> headers_, params_;
  gardu_principal principal_{};
  gardu_http_request view_{};
};
// Empty: the plugin gave no answer.
std::string pack_response(const gardu_http_response* response);

}  // namespace gardu::host
