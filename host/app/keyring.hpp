// SPDX-License-Identifier: Apache-2.0
//
// The keys that credentials are sealed with: the present one seals, those before it still open what
// they sealed, until that is sealed anew. Immutable; any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.hpp"
#include "config/secret_store.hpp"
#include "config/settings.hpp"
#include "log/log.hpp"
#include "storage/accounts.hpp"

namespace gardu::host {

class Keyring {
 public:
  Keyring(SealingKey present, std::vector<SealingKey> old);

  const std::string& id() const { return present_.id(); }  // of the key that seals
  std::string seal_account(const std::string& account_id, std::string_view credentials) const;
  // An account's opened credentials. Nothing: `problem` says why, and names no secret.
  std::optional<std::string> open_account(const storage::Account& account,
                                          std::string& problem) const;

 private:
  SealingKey present_;
  std::vector<SealingKey> old_;
};

// Of the configuration: secrets.encryption_key, else the one that was generated once; and
// secrets.old_encryption_keys, to which a generated one belongs when another is configured. Throws
// std::runtime_error naming the setting.
Keyring keyring(const Settings& settings, SecretStore& secrets);

// Several hosts of one database have one key. Throws std::runtime_error where a key that was only
// generated here cannot open what another host has sealed.
void refuse_other_hosts_keys(storage::Database& database, const Settings& settings,
                             const Keyring& keys);

// Seals with the present key what an older one sealed. What cannot be opened stays as it is, and is
// logged by its account. How many were sealed anew.
int reseal_accounts(storage::Database& database, const Keyring& keys, const Logger& log);

}  // namespace gardu::host
