// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_send.hpp"

#include "event/types.hpp"

namespace gardu::host {
namespace {

constexpr std::int64_t kMicrosInMilli = 1000;

}  // namespace

SendCommand command_of(const std::string& plugin, const PluginSend& s) {
  const OutgoingMessage& m = s.message;
  SendCommand c;
  c.message_id = s.message_id;
  c.workspace_id = m.workspace_id;
  c.contact_id = m.contact_id;
  c.account_id = m.account_id;
  c.to = m.to;
  c.type = message_type_name(static_cast<std::uint32_t>(m.type));
  c.text = m.text;
  c.content = m.content;
  c.reply_to = m.reply_to;
  c.priority = priority_name(static_cast<std::uint32_t>(m.priority));
  c.client_ref = m.client_ref;
  c.metadata = m.metadata;
  c.scheduled_at = m.scheduled_at / kMicrosInMilli;
  c.sent_by_kind = "plugin";
  c.sent_by_id = plugin;
  c.source = "plugin:" + plugin;
  return c;
}

Status status_of(const AcceptResult& result) {
  if (result.message) return {};
  std::string why;
  for (const FieldError& e : result.errors)
    why += (why.empty() ? "" : "; ") + e.field + ": " + e.message;
  return Status::invalid(why);
}

Status accept(storage::Transaction& tx, const std::string& plugin, const PluginSend& send) {
  return status_of(accept_message(tx, command_of(plugin, send)));
}

}  // namespace gardu::host
