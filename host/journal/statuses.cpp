// SPDX-License-Identifier: Apache-2.0
#include "journal/statuses.hpp"

#include <nlohmann/json.hpp>

#include "storage/outbox.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

std::optional<storage::Message> find(storage::Transaction& tx, const storage::Account& account,
                                     const StatusReport& r) {
  if (!r.message_id.empty())
    if (auto m = storage::messages::of_account(tx, account.id, r.message_id)) return m;
  if (r.provider_message_id.empty()) return std::nullopt;
  return storage::messages::find(tx, account.id, r.provider_message_id);
}

// A group's ack of one participant: kept in metadata.recipients, the most advanced for each.
void keep_recipient(storage::Transaction& tx, storage::Message& m, const StatusReport& r) {
  json metadata = json::parse(m.metadata.value_or("{}"), nullptr, false);
  if (!metadata.is_object()) metadata = json::object();
  json& known = metadata["recipients"][r.participant];
  if (known.is_string() && !storage::messages::may_move(known.get<std::string>(), r.status)) return;
  known = r.status;
  m.metadata = metadata.dump();
  storage::messages::set_metadata(tx, m, *m.metadata);
}

}  // namespace

StatusResult apply_report(storage::Transaction& tx, const Origin& origin,
                          const storage::Account& account, const StatusReport& r) {
  auto m = find(tx, account, r);
  if (!m) {
    if (!r.provider_message_id.empty())
      storage::early_statuses::put(
          tx, {account.id, r.provider_message_id, r.status, origin.occurred_at, r.error});
    return {};
  }
  if (m->direction == "outbound" && !r.provider_message_id.empty() &&
      m->provider_message_id != r.provider_message_id) {
    // Our reference came back before the answer to the send did, or instead of it.
    storage::outbox::confirmed(tx, m->id);
    if (!m->provider_message_id)
      storage::messages::set_provider_id(tx, m->id, r.provider_message_id, std::nullopt);
    m->provider_message_id = r.provider_message_id;
  }
  if (!r.participant.empty()) keep_recipient(tx, *m, r);
  const auto change =
      storage::messages::apply_status(tx, *m, r.status, origin.occurred_at, r.error);
  return {m->id, change ? append_status(tx, origin, *change) : 0};
}

void apply_early(storage::Transaction& tx, const std::string& source,
                 const storage::Message& message, const std::string& provider_message_id) {
  storage::Message m = message;
  for (const auto& e : storage::early_statuses::take(tx, message.account_id, provider_message_id)) {
    const auto change = storage::messages::apply_status(tx, m, e.status, e.at, e.error);
    if (!change) continue;
    m = change->message;
    append_status(tx, {source, e.at, {}}, *change);
  }
}

}  // namespace gardu::host
