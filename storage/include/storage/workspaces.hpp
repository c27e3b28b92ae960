// SPDX-License-Identifier: Apache-2.0
//
// Workspaces: the tenants.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct Workspace {
  std::string id, name, slug, plan = "free", status = "active", settings = "{}";
  std::int64_t max_accounts = 0;  // 0: no limit
  std::int64_t created_at = 0;
};

namespace workspaces {

void insert(Transaction& tx, const Workspace& w);  // constraint error: the slug is taken
std::optional<Workspace> get(Session& s, const std::string& id);
std::optional<Workspace> find_by_slug(Session& s, const std::string& slug);
// By id, after `after_id` (empty: from the first).
std::vector<Workspace> list(Session& s, const std::string& after_id, int limit);
std::int64_t count(Session& s);
// Writes name, slug, plan, max_accounts, status and settings.
bool update(Transaction& tx, const Workspace& w);
bool remove(Transaction& tx, const std::string& id);  // with all that it holds

}  // namespace workspaces

}  // namespace gardu::storage
