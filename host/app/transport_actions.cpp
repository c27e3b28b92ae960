// SPDX-License-Identifier: Apache-2.0
#include "app/transport_actions.hpp"

#include <nlohmann/json.hpp>

#include "base/time.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

constexpr std::int64_t kUnlessToldMs = 60'000;  // how long a code without a time is shown

// What the transport must promise; 0: nothing.
std::uint64_t feature_of(std::uint32_t kind) {
  switch (kind) {
    case GARDU_ACTION_MARK_READ:
      return GARDU_CAN_MARK_READ;
    case GARDU_ACTION_TYPING:
      return GARDU_CAN_TYPING;
    case GARDU_ACTION_EDIT:
      return GARDU_CAN_EDIT;
    case GARDU_ACTION_REVOKE:
      return GARDU_CAN_REVOKE;
    case GARDU_ACTION_REACT:
      return GARDU_CAN_REACTION;
    case GARDU_ACTION_SYNC:
      return GARDU_CAN_SYNC;
    case GARDU_ACTION_HEALTH:
      return GARDU_CAN_HEALTH;
    case GARDU_ACTION_LOGOUT:
      return GARDU_CAN_LOGOUT;
    case GARDU_ACTION_PAIR:
      return GARDU_CAN_PAIR;
    default:
      return 0;
  }
}

}  // namespace

Status TransportActions::act(const storage::Account& account, ActionRequest request,
                             PluginCode::ActionDone done) {
  const auto transport = plugins_.find(account.transport);
  if (!transport || !transport->running() || !transport->is_transport())
    return Status::not_connected("the transport " + account.transport + " is not running");
  const std::uint64_t feature = feature_of(request.kind);
  if ((transport->transport().features & feature) != feature)
    return Status::unsupported("the transport " + account.transport + " cannot do that");
  if (request.kind == GARDU_ACTION_RESTART) {
    done = [this, account, done = std::move(done)](const Status& status, std::string data) {
      if (status.code() != GARDU_UNSUPPORTED) return done(status, std::move(data));
      // In this order on the plugin's thread.
      if (const auto now = plugins_.find(account.transport)) now->disconnect(account.id);
      links_.changed(account.id);
      done({}, {});
    };
  }
  if (!transport->act(std::move(request), std::move(done)))
    return {GARDU_FULL, "the transport " + account.transport + " has too much to do"};
  return {};
}

void QrCodes::see(const storage::JournalEntry& entry) {
  if (entry.type != "account.qr" || !entry.account_id) return;
  const json data = json::parse(entry.data, nullptr, false);
  if (!data.is_object()) return;
  Code code{entry.data, now_ms() + kUnlessToldMs};
  if (const auto at = data.find("expires_at"); at != data.end() && at->is_string())
    code.expires_at = parse_rfc3339(at->get<std::string>()).value_or(code.expires_at);
  const std::lock_guard lock(mutex_);
  codes_[*entry.account_id] = std::move(code);
}

std::string QrCodes::of(const std::string& account_id) {
  const std::lock_guard lock(mutex_);
  const auto it = codes_.find(account_id);
  if (it == codes_.end()) return {};
  if (it->second.expires_at > now_ms()) return it->second.data;
  codes_.erase(it);
  return {};
}

}  // namespace gardu::host
