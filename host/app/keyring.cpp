// SPDX-License-Identifier: Apache-2.0
#include "app/keyring.hpp"

#include <algorithm>
#include <stdexcept>

namespace gardu::host {
namespace {

constexpr int kPage = 100;  // accounts in one transaction

std::string context_of(const std::string& account_id) { return "account/" + account_id; }

SealingKey configured(const std::string& text, const std::string& setting) {
  if (const auto key = SealingKey::from_base64(text)) return *key;
  throw std::runtime_error(setting +
                           " must be 32 bytes in base64; make one with: openssl rand -base64 32");
}

SealingKey generated(const std::string& hex) {
  std::array<unsigned char, 32> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<unsigned char>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
  return SealingKey::from_bytes(bytes);
}

}  // namespace

Keyring::Keyring(SealingKey present, std::vector<SealingKey> old)
    : present_(std::move(present)), old_(std::move(old)) {}

std::string Keyring::seal_account(const std::string& account_id,
                                  std::string_view credentials) const {
  return present_.seal(credentials, context_of(account_id));
}

std::optional<std::string> Keyring::open_account(const storage::Account& account,
                                                 std::string& problem) const {
  const std::string& sealed = account.credentials.value();
  bool known = false;
  const auto open = [&](const SealingKey& key) -> std::optional<std::string> {
    if (account.key_id && *account.key_id != key.id()) return std::nullopt;
    known = true;
    return key.open(sealed, context_of(account.id));
  };
  if (auto plain = open(present_)) return plain;
  for (const SealingKey& key : old_)
    if (auto plain = open(key)) return plain;
  problem = known ? "its credentials do not open with the key that sealed them; enter them again"
                  : "its credentials are sealed with key " + account.key_id.value_or("") +
                        ", which is neither secrets.encryption_key nor among "
                        "secrets.old_encryption_keys; add it there, or enter them again";
  return std::nullopt;
}

Keyring keyring(const Settings& settings, SecretStore& secrets) {
  std::vector<SealingKey> old;
  for (std::size_t i = 0; i < settings.old_encryption_keys.size(); ++i)
    if (const std::string& text = settings.old_encryption_keys[i]; !text.empty())
      old.push_back(configured(text, "secrets.old_encryption_keys[" + std::to_string(i) + "]"));
  constexpr const char* kOwner = "host";
  constexpr const char* kName = "encryption_key";
  if (settings.encryption_key.empty())
    return {generated(secrets.get_or_create(kOwner, kName, 32)), std::move(old)};
  const auto all = secrets.all();
  if (const auto it = all.find(std::string(kOwner) + "/" + kName); it != all.end())
    old.push_back(generated(it->second));
  return {configured(settings.encryption_key, "secrets.encryption_key"), std::move(old)};
}

void refuse_other_hosts_keys(storage::Database& database, const Settings& settings,
                             const Keyring& keys) {
  if (!database.many_writers() || !settings.encryption_key.empty()) return;
  const auto others = database.query([&](storage::Session& s) {
    return storage::accounts::sealed_otherwise(s, keys.id(), "", 1);
  });
  std::string problem;
  if (others.empty() || keys.open_account(others.front(), problem)) return;
  throw std::runtime_error(
      "accounts of this database are sealed with a key of another host: set "
      "secrets.encryption_key, the same at each host");
}

int reseal_accounts(storage::Database& database, const Keyring& keys, const Logger& log) {
  int resealed = 0;
  std::string after;
  for (bool more = true; more;) {
    const auto page = database.query([&](storage::Session& s) {
      return storage::accounts::sealed_otherwise(s, keys.id(), after, kPage);
    });
    more = page.size() == static_cast<std::size_t>(kPage);
    int done = 0;
    database.writer().run([&](storage::Transaction& tx) {
      done = 0;
      for (const auto& account : page) {
        after = account.id;
        std::string problem;
        const auto plain = keys.open_account(account, problem);
        if (!plain) {
          log.error("account {} of workspace {}: {}", account.id, account.workspace_id, problem);
        } else if (storage::accounts::reseal(tx, account, keys.seal_account(account.id, *plain),
                                             keys.id())) {
          ++done;
        }
      }
    });
    resealed += done;
  }
  if (resealed > 0)
    log.info("the credentials of {} accounts are sealed with the present key now", resealed);
  return resealed;
}

}  // namespace gardu::host
