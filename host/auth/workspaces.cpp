// SPDX-License-Identifier: Apache-2.0
#include "auth/workspaces.hpp"

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace gardu::host {

std::string slug_of(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      out += upper ? static_cast<char>(c + 32) : c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "workspace" : out.substr(0, 80);
}

storage::Workspace create_workspace(storage::Transaction& tx, const std::string& name) {
  storage::Workspace w;
  w.id = uuid_v7();
  w.name = name;
  w.slug = slug_of(name);
  // Two names may have one slug: the id's last digits tell them apart.
  if (storage::workspaces::find_by_slug(tx, w.slug)) w.slug += "-" + w.id.substr(28);
  w.created_at = now_ms();
  storage::workspaces::insert(tx, w);
  return w;
}

}  // namespace gardu::host
