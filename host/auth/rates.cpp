// SPDX-License-Identifier: Apache-2.0
#include "auth/rates.hpp"

#include <algorithm>

namespace gardu::host {

Rates::Answer Rates::take(const std::string& key, std::int64_t limit, std::chrono::seconds window) {
  if (limit <= 0) return {};
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  constexpr std::size_t kMostKeys = 100'000;
  if (windows_.size() >= kMostKeys)
    std::erase_if(windows_, [&](const auto& w) { return w.second.ends <= now; });
  Window& w = windows_[key];
  if (w.ends <= now) w = {now + window, 0};
  Answer out;
  out.limit = limit;
  out.reset_s = std::chrono::ceil<std::chrono::seconds>(w.ends - now).count();
  out.allowed = w.used < limit;
  if (out.allowed) ++w.used;
  out.remaining = limit - w.used;
  return out;
}

}  // namespace gardu::host
