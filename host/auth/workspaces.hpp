// SPDX-License-Identifier: Apache-2.0
//
// Making a workspace: the same for REST, the command line and the first start.
#pragma once
#include <string>
#include <string_view>

#include "storage/workspaces.hpp"
#include "storage/writer.hpp"

namespace gardu::host {

// "Acme Inc." → "acme-inc"; never empty.
std::string slug_of(std::string_view name);
storage::Workspace create_workspace(storage::Transaction& tx, const std::string& name);

}  // namespace gardu::host
