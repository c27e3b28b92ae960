// SPDX-License-Identifier: Apache-2.0
#include "app/accounts.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "journal/events.hpp"

namespace gardu::host {

AccountLinks::AccountLinks(storage::Database& database, PluginManager& plugins, const Keyring& keys,
                           Logger log)
    : database_(database), plugins_(plugins), keys_(keys), log_(std::move(log)) {}

// What its transport is to be told of it.
AccountLinks::Link AccountLinks::note(const storage::Account& account) {
  std::size_t told = 0;
  for (const std::string_view part :
       {std::string_view(account.name), std::string_view(account.address),
        std::string_view(account.metadata),
        std::string_view(account.credentials ? *account.credentials : "")})
    told = told * 31 + std::hash<std::string_view>{}(part);
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = connected_.try_emplace(account.id, account.transport, told);
  if (is_new) return Link::fresh;
  return std::exchange(at->second.told, told) != told ? Link::changed : Link::same;
}

void AccountLinks::disconnect_gone(const std::string& transport,
                                   const std::vector<storage::Account>& there) {
  std::set<std::string_view> ids;
  for (const auto& account : there) ids.insert(account.id);
  std::vector<std::string> gone;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, connected] : connected_)
      if (connected.transport == transport && ids.count(id) == 0) gone.push_back(id);
  }
  for (const auto& id : gone) changed(id);
}

void AccountLinks::follow(std::chrono::milliseconds limit) {
  const auto waiting = std::make_shared<std::pair<std::mutex, std::condition_variable>>();
  const auto left = std::make_shared<std::size_t>(0);
  for (const auto& entry : plugins_.entries()) {
    if (!entry.instance || !entry.instance->running() || !entry.instance->is_transport()) continue;
    const auto accounts = of_transport(entry.config.id);
    disconnect_gone(entry.config.id, accounts);
    for (const auto& account : accounts) {
      const Link link = note(account);
      if (link == Link::same) continue;
      {
        const std::lock_guard lock(waiting->first);
        ++*left;
      }
      connect(*entry.instance, account, link, [waiting, left] {
        const std::lock_guard lock(waiting->first);
        --*left;
        waiting->second.notify_all();
      });
    }
  }
  std::unique_lock lock(waiting->first);
  if (!waiting->second.wait_for(lock, limit, [&] { return *left == 0; }))
    log_.warn("{} accounts are still being connected", *left);
}

std::vector<storage::Account> AccountLinks::of_transport(const std::string& transport) {
  return database_.query(
      [&](storage::Session& s) { return storage::accounts::of_transport(s, transport); });
}

void AccountLinks::started(const std::string& transport) {
  const auto instance = plugins_.find(transport);
  if (!instance || !instance->is_transport()) return;
  for (const auto& account : of_transport(transport)) {
    note(account);
    connect(*instance, account, Link::fresh, [] {});
  }
}

void AccountLinks::changed(const std::string& account_id) {
  const auto account = database_.query(
      [&](storage::Session& s) { return storage::accounts::get_any(s, account_id); });
  if (!account) {
    {
      const std::lock_guard lock(mutex_);
      connected_.erase(account_id);
    }
    for (const auto& entry : plugins_.entries())
      if (entry.instance && entry.instance->is_transport()) entry.instance->disconnect(account_id);
    return;
  }
  note(*account);
  if (const auto transport = plugins_.find(account->transport); transport && transport->running())
    connect(*transport, *account, Link::fresh, [] {});
}

void AccountLinks::connect(PluginInstance& transport, const storage::Account& account, Link link,
                           const std::function<void()>& taken) {
  gardu::Account out{account.id, account.workspace_id, account.name, account.address,
                     "{}",       account.metadata};
  if (account.credentials) {
    std::string problem;
    auto opened = keys_.open_account(account, problem);
    if (!opened && link == Link::changed) {
      // Another host has a newer key already; what this one has told the transport still holds.
      log_.warn("account {} stays as it is here: {}", account.id, problem);
      taken();
      return;
    }
    if (!opened) {
      failed(account.id, problem);
      taken();
      return;
    }
    out.credentials = std::move(*opened);
  }
  const bool posted =
      transport.connect(std::move(out), [this, id = account.id, taken](const Status& status) {
        if (!status.ok()) failed(id, status.message());
        taken();
      });
  if (!posted) taken();
}

void AccountLinks::failed(const std::string& account_id, const std::string& reason) {
  log_.warn("account {} cannot be connected: {}", account_id, reason);
  const bool taken = database_.writer().submit(
      [account_id, reason](storage::Transaction& tx) {
        auto account = storage::accounts::get_any(tx, account_id);
        if (!account || (account->status == "failed" && account->status_reason == reason)) return;
        account->status = "failed";
        account->status_reason = reason;
        storage::accounts::set_status(tx, account_id, "failed", reason, std::nullopt);
        append_account_status(tx, {"host", 0, {}}, *account);
      },
      {});
  if (!taken) log_.error("the state of account {} could not be stored", account_id);
}

}  // namespace gardu::host
