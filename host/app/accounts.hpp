// SPDX-License-Identifier: Apache-2.0
//
// Keeps the transports told about their accounts: opened credentials go to the plugin, and what it
// says of an account that it cannot take is stored.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "app/keyring.hpp"
#include "log/log.hpp"
#include "plugins/manager.hpp"
#include "storage/accounts.hpp"

namespace gardu::host {

class AccountLinks {
 public:
  AccountLinks(storage::Database& database, PluginManager& plugins, const Keyring& keys,
               Logger log);

  // Connects what is not connected as it is stored, and disconnects what is gone: other processes
  // make, change and remove accounts, too. Waits at most `limit` until the transports have taken
  // them over. Blocks on the database; one caller at a time.
  void follow(std::chrono::milliseconds limit);
  // A transport takes calls (again): all of its accounts are connected to it. Does not wait for it.
  void started(const std::string& transport);
  // The account was made, changed or removed. Blocks on the database; from any thread.
  void changed(const std::string& account_id);

 private:
  struct Connected {
    std::string transport;
    std::size_t told;  // a hash of what it was told of the account
  };
  std::vector<storage::Account> of_transport(const std::string& transport);
  enum class Link { same, changed, fresh };
  Link note(const storage::Account& account);
  void disconnect_gone(const std::string& transport, const std::vector<storage::Account>& there);
  void connect(PluginInstance& transport, const storage::Account& account, Link link,
               const std::function<void()>& taken);
  void failed(const std::string& account_id, const std::string& reason);

  storage::Database& database_;
  PluginManager& plugins_;
  const Keyring& keys_;
  const Logger log_;
  std::mutex mutex_;
  std::map<std::string, Connected> connected_;  // by id; guarded by mutex_
};

}  // namespace gardu::host
