// SPDX-License-Identifier: Apache-2.0
//
// Redis is away, or back.
#include "cluster/link_report.hpp"

namespace gardu::pusher {

LinkReport::LinkReport(const Host& host, std::string where)
    : host_(host),
      where_(std::move(where)),
      connected_(
          host.gauge("cluster_connected", "1: joined to other nodes by Redis; 0: Redis is away.")) {
  connected_.set(0);
}

void LinkReport::up(Link link) {
  const std::lock_guard lock(mutex_);
  if (!doubted(link)) return;
  up_ |= link;
  if (up_ != (kListening | kTalking)) return;
  told_ = false;
  connected_.set(1);
  host_.info("cluster: connected to Redis at " + where_);
}

void LinkReport::down(const std::string& why) {
  const std::lock_guard lock(mutex_);
  up_ = 0;
  connected_.set(0);
  if (told_) return;
  told_ = true;
  host_.warn("cluster: no connection to Redis at " + where_ + " (" + why +
             "); until it is back, events reach this node's own clients only");
}

}  // namespace gardu::pusher
