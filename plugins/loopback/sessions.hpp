// SPDX-License-Identifier: Apache-2.0
//
// The accounts on the network, and whether each is linked: with a login time, an account shows a QR
// code for that long and counts as scanned then. On the plugin's thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <gardu/plugin.hpp>
#include <map>
#include <string>
#include <string_view>

namespace gardu::loopback {

class Sessions {
 public:
  using Publish = std::function<void(Publication)>;
  Sessions(const Host& host, Publish publish) : host_(host), publish_(std::move(publish)) {}

  // How long a QR code is shown; 0: every account is linked at once.
  void set_login(std::chrono::milliseconds time) { login_ = time; }
  // An account that is linked stays so.
  void connect(const std::string& id, const std::string& workspace_id);
  void disconnect(std::string_view id);
  void clear() { accounts_.clear(); }
  // The workspace of a connected account, or null.
  const std::string* workspace_of(std::string_view id) const;
  bool linked(std::string_view id) const;

  // Connecting anew keeps the link.
  void restart(std::string_view id);
  // Takes the link away.
  void logout(std::string_view id);
  // Shows a pairing code, too. False: it is linked already.
  bool pair(std::string_view id);

 private:
  struct One {
    std::string workspace;
    bool linked = false;
    std::uint64_t login = 0;  // which one is under way
  };
  void begin(const std::string& id, One& account, const std::string& pairing_code);
  void tell(const std::string& id, const char* status, const char* reason = nullptr);

  const Host& host_;
  const Publish publish_;
  std::chrono::milliseconds login_{0};
  std::uint64_t logins_ = 0;
  std::map<std::string, One, std::less<>> accounts_;
};

}  // namespace gardu::loopback
