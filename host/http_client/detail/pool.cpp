// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "http_client/detail/pool.hpp"

#include <algorithm>

namespace gardu::host::client::detail {

std::string Pool::key(const Url& url, bool allow_private) {
  return std::string(url.tls ? "s" : "p") + (allow_private ? "+ " : " ") + url.host_and_port();
}

std::unique_ptr<Connection> Pool::take(const std::string& key) {
  const auto at = idle_.find(key);
  if (at == idle_.end()) return nullptr;
  std::unique_ptr<Connection> usable;
  while (usable == nullptr && !at->second.empty()) {
    auto connection = std::move(at->second.back());  // the one used last is the likeliest to live
    at->second.pop_back();
    --size_;
    if (connection->is_usable()) usable = std::move(connection);
  }
  if (at->second.empty()) idle_.erase(at);
  return usable;
}

void Pool::keep(const std::string& key, std::unique_ptr<Connection> connection) {
  if (closed_ || size_ >= most_ || most_per_key_ == 0) return;
  Kept& kept = idle_[key];
  if (kept.size() >= most_per_key_) return;
  connection->idle_since = Clock::now();
  kept.push_back(std::move(connection));
  ++size_;
  sweep_later();
}

void Pool::close() {
  closed_ = true;
  idle_.clear();
  size_ = 0;
  sweeper_.cancel();
}

void Pool::sweep_later() {
  if (sweeping_) return;
  sweeping_ = true;
  sweeper_.expires_after(std::max(idle_time_ / 2, std::chrono::milliseconds(1)));
  sweeper_.async_wait([this](ErrorCode error) {
    sweeping_ = false;
    if (!error) sweep();
  });
}

// Comes again while anything is idle.
void Pool::sweep() {
  const auto oldest = Clock::now() - idle_time_;
  for (auto at = idle_.begin(); at != idle_.end();) {
    Kept& kept = at->second;
    for (; !kept.empty() && kept.front()->idle_since < oldest; --size_) kept.pop_front();
    at = kept.empty() ? idle_.erase(at) : std::next(at);
  }
  if (!idle_.empty()) sweep_later();
}

}  // namespace gardu::host::client::detail
