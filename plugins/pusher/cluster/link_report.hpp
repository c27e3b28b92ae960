// SPDX-License-Identifier: Apache-2.0
//
// Tells the operator, once each time, that Redis is away or back. What one connection finds puts
// the other in doubt until that one has shown itself, too: it may just not have noticed yet.
// Thread-safe.
#pragma once
#include <atomic>
#include <gardu/host.hpp>
#include <mutex>
#include <string>

namespace gardu::pusher {

class LinkReport {
 public:
  LinkReport(const Host& host, std::string where);

  enum Link : unsigned { kListening = 1, kTalking = 2 };
  void up(Link link);
  void down(const std::string& why);
  // Whoever has that connection shall say `up` once it has seen it work.
  bool doubted(Link link) const noexcept { return (up_.load() & link) == 0; }

 private:
  const Host& host_;
  const std::string where_;
  const Counter connected_;  // gauge
  std::mutex mutex_;
  std::atomic<unsigned> up_{0};  // written under the lock
  bool told_ = false;            // that it is away
};

}  // namespace gardu::pusher
