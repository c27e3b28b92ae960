// SPDX-License-Identifier: Apache-2.0
//
// Accounts at a provider. (workspace, transport, address) is unique.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct Account {
  std::string id, workspace_id, transport, name, address;
  std::optional<std::string> credentials;  // sealed
  std::optional<std::string> key_id;       // of the key that sealed them
  std::string status = "disconnected";
  std::optional<std::string> status_reason;
  std::optional<std::int64_t> last_connected_at;
  std::string limits = "{}", in_doubt = "retry", metadata = "{}";
  std::int64_t created_at = 0;
};

namespace accounts {

void insert(Transaction& tx, const Account& a);  // constraint error: exists already
std::optional<Account> get(Session& s, const std::string& workspace_id, const std::string& id);
// Whatever its workspace: for transports, which know accounts by id alone.
std::optional<Account> get_any(Session& s, const std::string& id);
std::vector<Account> list(Session& s, const std::string& workspace_id, const std::string& after_id,
                          int limit);
std::int64_t count(Session& s, const std::string& workspace_id);
// For transports, over all workspaces (two may have the same address).
std::vector<Account> of_transport(Session& s, const std::string& transport);
std::vector<Account> of_address(Session& s, const std::string& transport,
                                const std::string& address);
// Writes name, address, credentials, key_id, limits, in_doubt and metadata.
bool update(Transaction& tx, const Account& a);
// For transports, which know accounts by id alone. Without `connected_at` the former one stays.
// False: no such account.
bool set_status(Transaction& tx, const std::string& id, const std::string& status,
                const std::optional<std::string>& reason,
                const std::optional<std::int64_t>& connected_at);
// Those with credentials that another key sealed, over all workspaces, by id.
std::vector<Account> sealed_otherwise(Session& s, const std::string& key_id,
                                      const std::string& after_id, int limit);
// Writes credentials that another key sealed, if the account's are as they were read. False: not.
bool reseal(Transaction& tx, const Account& read, const std::string& credentials,
            const std::string& key_id);
bool remove(Transaction& tx, const std::string& workspace_id, const std::string& id);

}  // namespace accounts
}  // namespace gardu::storage
