// SPDX-License-Identifier: Apache-2.0
//
// A plugin's message on its way into the outbox.
#pragma once
#include <string>

#include "outbox/accept.hpp"
#include "plugins/plugin_host.hpp"

namespace gardu::host {

SendCommand command_of(const std::string& plugin, const PluginSend& send);
Status status_of(const AcceptResult& result);
// Within the caller's transaction.
Status accept(storage::Transaction& tx, const std::string& plugin, const PluginSend& send);

}  // namespace gardu::host
