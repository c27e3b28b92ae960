// SPDX-License-Identifier: Apache-2.0
//
// The host's side of the ABI: tables of functions that check what crosses, turn it into calls of
// PluginServices, and let no exception out. `context` is the PluginInstance.
#pragma once
#include <string_view>
#include <vector>

#include <gardu/abi/abi.h>

namespace gardu::host {

class PluginInstance;

// Ids of all services that this host offers.
const std::vector<std::string_view>& offered_services();

// The table for one plugin. `context` outlives it; the views point into the instance.
gardu_host make_host_table(PluginInstance& context);

}  // namespace gardu::host
