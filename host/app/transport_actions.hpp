// SPDX-License-Identifier: Apache-2.0
//
// What is asked of an account's transport beyond sending, and the QR codes that transports show.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "app/accounts.hpp"
#include "plugins/manager.hpp"
#include "storage/journal.hpp"

namespace gardu::host {

class TransportActions {
 public:
  TransportActions(PluginManager& plugins, AccountLinks& links)
      : plugins_(plugins), links_(links) {}

  // Fine: `done` comes once, from any thread. Else it does not come, and the status says why. A
  // transport that cannot restart a session is asked to disconnect and connect the account.
  Status act(const storage::Account& account, ActionRequest request, PluginCode::ActionDone done);

 private:
  PluginManager& plugins_;
  AccountLinks& links_;
};

// The last account.qr of each account, for as long as it is valid. Any thread.
class QrCodes {
 public:
  // Looks at an ephemeral event.
  void see(const storage::JournalEntry& entry);
  // Its data as JSON; empty: none that has not expired.
  std::string of(const std::string& account_id);

 private:
  struct Code {
    std::string data;
    std::int64_t expires_at = 0;  // milliseconds
  };
  std::mutex mutex_;
  std::map<std::string, Code> codes_;  // by account; guarded by mutex_
};

}  // namespace gardu::host
