// SPDX-License-Identifier: Apache-2.0
//
// What a transport answers to an action, in the API's terms.
#pragma once
#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "api/call.hpp"
#include "journal/events.hpp"

namespace gardu::host {

// A transport's refusal as the problem that the client is told: 409 what it cannot do, 422 what it
// will not take, 429, 502 what failed at the provider, 503 not connected, 504 no answer.
ApiError error_of(const gardu::Status& status);

// Begins the action, and answers with what `answer` makes of the transport's data once it is done.
// `answer` runs on one of the API's threads. Throws ApiError when it cannot be begun.
void act(const Call& call, const storage::Account& account, ActionRequest request,
         const AnswerLater& later, std::function<http::Response(nlohmann::json data)> answer);
// The same, without anybody who waits for it: a failure is logged.
void act_aside(const Call& call, const storage::Account& account, ActionRequest request);

// The account that the path names; 404 unless the caller sees it.
storage::Account account_of(storage::Session& s, const Call& call);
// Who does it, for an event's `by`: the user, or "api".
std::string author_of(const Principal& principal);
Origin origin_of(const Call& call);

}  // namespace gardu::host
