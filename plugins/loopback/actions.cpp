// SPDX-License-Identifier: Apache-2.0
// What the network does beyond messages. The numbers that fail, fail here, too.
#include <chrono>
#include <nlohmann/json.hpp>

#include "loopback.hpp"

namespace gardu::loopback {
namespace {

constexpr int kHistory = 3;  // messages
constexpr const char* kOldPeer = "+6281200000100";

Status from_target(std::string_view target) {
  if (target.rfind("loop.", 0) == 0) return {};
  return Status::rejected("there is no such message on the loopback network")
      .with_code("131009", "Parameter value is not valid");
}

}  // namespace

void Loopback::act(const Action& action, ActionCompletion completion) {
  if (sessions_.workspace_of(action.account_id()) == nullptr)
    return completion.finish(Status::not_connected("the account is not connected"));
  switch (action.kind()) {
    case GARDU_ACTION_PAIR:
      return completion.finish(sessions_.pair(action.account_id())
                                   ? Status()
                                   : Status::rejected("the account is linked already"));
    case GARDU_ACTION_RESTART:
      sessions_.restart(action.account_id());
      return completion.finish({});
    case GARDU_ACTION_LOGOUT:
      sessions_.logout(action.account_id());
      return completion.finish({});
    default:
      break;
  }
  if (!sessions_.linked(action.account_id()))
    return completion.finish(Status::not_connected("the account is not linked"));
  switch (action.kind()) {
    case GARDU_ACTION_MARK_READ:
    case GARDU_ACTION_TYPING:
      return completion.finish(status_of(behaviour_of(action.to())));
    case GARDU_ACTION_EDIT:
    case GARDU_ACTION_REVOKE:
    case GARDU_ACTION_REACT: {
      const Status number = status_of(behaviour_of(action.to()));
      return completion.finish(number.ok() ? from_target(action.target()) : number);
    }
    case GARDU_ACTION_HEALTH:
      return completion.finish({}, R"({"quality":"green","tier":"unlimited"})");
    case GARDU_ACTION_SYNC:
      play_history(std::string(action.account_id()));
      return completion.finish({}, nlohmann::json{{"messages", kHistory}}.dump());
    default:
      return completion.finish(Status::unsupported("the loopback network cannot do that"));
  }
}

// The same messages each time: a second sync brings nothing new.
void Loopback::play_history(const std::string& account_id) {
  const auto now =
      std::chrono::duration_cast<Micros>(std::chrono::system_clock::now().time_since_epoch());
  for (int i = 0; i < kHistory; ++i) {
    Publication p;
    p.type = GARDU_EVENT_MESSAGE_RECEIVED;
    p.account_id = account_id;
    p.occurred_at = (now - std::chrono::hours(24) + std::chrono::seconds(i)).count();
    p.peer = Peer{{{GARDU_IDENTITY_PHONE, kOldPeer}}, kOldPeer, "Loopback history", false};
    p.message = InboundMessage{};
    p.message->provider_message_id = "loop.history." + account_id + "." + std::to_string(i);
    p.message->text = "history " + std::to_string(i + 1);
    publish(std::move(p));
  }
}

}  // namespace gardu::loopback
