// SPDX-License-Identifier: Apache-2.0
//
// A started broadcaster with what the gateway gives it: events, and calls of its routes.
#pragma once
#include <initializer_list>
#include <string>
#include <vector>

#include "listener.hpp"

namespace gardu::pusher::testing {

class GatewayListener : public Listener {
 protected:
  struct Answer {
    int status = 0;
    std::string type, body;
    Json json() const { return Json::parse(body); }
  };

  void hand_over(std::initializer_list<gardu_event> events) {
    std::vector<const gardu_event*> pointers;
    for (const gardu_event& event : events) pointers.push_back(&event);
    std::vector<int32_t> results(pointers.size());
    Batch batch(pointers.data(), static_cast<uint32_t>(pointers.size()), results.data());
    plugin->on_events(batch);
  }
  // Commits it, and lets it come live.
  int64_t happen(Journaled entry = {}) {
    const Journaled& kept = host.journal.add(std::move(entry));
    hand_over({kept.event()});
    return kept.seq;
  }

  Answer call(const std::string& pattern, const std::string& body, const std::string& type) {
    const gardu_header header{str("Content-Type"), str(type)};
    gardu_http_request request{};
    request.size = sizeof request;
    request.headers = &header;
    request.header_count = 1;
    request.body = str(body);
    request.principal = &principal;
    Answer answer;
    gardu_http_reply reply{};
    reply.size = sizeof reply;
    reply.context = &answer;
    reply.send = [](void* context, const gardu_http_response* response) {
      *static_cast<Answer*>(context) = {response->status, std::string(view(response->content_type)),
                                        std::string(view(response->body))};
    };
    reply.drop = [](void* context) { static_cast<Answer*>(context)->status = 500; };
    for (const gardu_route& route : host.mounted)
      if (view(route.pattern) == pattern) route.handle(route.user, &request, &reply);
    return answer;
  }
  Answer authorize(const std::string& body, const std::string& type) {
    return call("/broadcasting/auth", body, type);
  }
  Answer authorize_form(const std::string& socket_id, const std::string& channel,
                        const std::string& more = {}) {
    return authorize("socket_id=" + socket_id + "&channel_name=" + channel + more,
                     "application/x-www-form-urlencoded");
  }

  // A token of the first workspace.
  void principal_is(uint32_t role, std::string_view user, std::string_view name) {
    principal.size = sizeof principal;
    principal.auth = role;
    principal.workspace_id = str("w1");
    principal.user_id = str(user);
    principal.token_id = str("t1");
    principal.name = str(name);
  }

  gardu_principal principal{};
};

}  // namespace gardu::pusher::testing
