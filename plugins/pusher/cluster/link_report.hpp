// SPDX-License-Identifier: Apache-2.0
//
// Tells the operator, once each time, that Redis is away or back. Thread-safe.
#pragma once
#include <gardu/host.hpp>
#include <mutex>
#include <string>

namespace gardu::pusher {

class LinkReport {
 public:
  LinkReport(const Host& host, std::string where);

  enum Link : unsigned { kListening = 1, kTalking = 2 };
  void up(Link link);
  void down(Link link, const std::string& why);

 private:
  const Host& host_;
  const std::string where_;
  const Counter connected_;  // gauge
  std::mutex mutex_;
  unsigned up_ = 0;
  bool told_ = false;  // that it is away
};

}  // namespace gardu::pusher
