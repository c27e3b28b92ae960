// SPDX-License-Identifier: Apache-2.0
#include "sessions.hpp"

#include <ctime>
#include <nlohmann/json.hpp>

namespace gardu::loopback {
namespace {

using Json = nlohmann::json;

std::string rfc3339(std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &utc);
  return {text, size};
}

}  // namespace

void Sessions::connect(const std::string& id, const std::string& workspace_id) {
  One& account = accounts_[id];
  account.workspace = workspace_id;
  if (account.linked || login_.count() == 0) {
    account.linked = true;
    tell(id, "ready");
  } else {
    begin(id, account, {});
  }
}

void Sessions::disconnect(std::string_view id) {
  if (const auto it = accounts_.find(id); it != accounts_.end()) accounts_.erase(it);
}

const std::string* Sessions::workspace_of(std::string_view id) const {
  const auto it = accounts_.find(id);
  return it == accounts_.end() ? nullptr : &it->second.workspace;
}

bool Sessions::linked(std::string_view id) const {
  const auto it = accounts_.find(id);
  return it != accounts_.end() && it->second.linked;
}

void Sessions::restart(std::string_view id) {
  const auto it = accounts_.find(id);
  if (it == accounts_.end()) return;
  tell(it->first, "connecting");
  connect(it->first, std::string(it->second.workspace));
}

void Sessions::logout(std::string_view id) {
  const auto it = accounts_.find(id);
  if (it == accounts_.end()) return;
  it->second.linked = false;
  it->second.login = 0;
  tell(it->first, "disconnected", "logged out");
}

bool Sessions::pair(std::string_view id) {
  const auto it = accounts_.find(id);
  if (it == accounts_.end() || it->second.linked) return false;
  begin(it->first, it->second, "LOOP-BACK");
  return true;
}

void Sessions::begin(const std::string& id, One& account, const std::string& pairing_code) {
  account.login = ++logins_;
  tell(id, "qr_ready");
  Publication code;
  code.type = GARDU_EVENT_ACCOUNT_QR;
  code.account_id = id;
  Json data = {
      {"qr", "loopback:" + id + ":" + std::to_string(account.login)},
      {"expires_at", rfc3339(std::chrono::system_clock::now() + login_ + std::chrono::seconds(1))}};
  if (!pairing_code.empty()) data["pairing_code"] = pairing_code;
  code.data = data.dump();
  publish_(std::move(code));
  host_.after(login_, [this, id, login = account.login] {
    const auto it = accounts_.find(id);
    if (it == accounts_.end() || it->second.login != login) return;
    it->second.linked = true;
    tell(id, "authenticated");
    tell(id, "ready");
  });
}

void Sessions::tell(const std::string& id, const char* status, const char* reason) {
  Publication p;
  p.type = GARDU_EVENT_ACCOUNT_STATUS;
  p.account_id = id;
  Json data = {{"status", status}};
  if (reason != nullptr) data["reason"] = reason;
  p.data = data.dump();
  publish_(std::move(p));
}

}  // namespace gardu::loopback
