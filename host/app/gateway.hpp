// SPDX-License-Identifier: Apache-2.0
//
// The gateway put together: every part made once, in the order in which they need each other, and
// ended in reverse.
#pragma once
#include <atomic>
#include <memory>

#include "config/settings.hpp"
#include "log/log.hpp"

namespace gardu::host {

class Gateway {
 public:
  Gateway(Settings settings, Logger log);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Opens the database, starts plugins, connects accounts, then listens. Throws what keeps it from
  // running, with a text for people.
  void start();
  // Readiness red, listeners closed, what is in flight finished (at most settings.drain_s), plugins
  // stopped, cursors and outcomes stored. False: a plugin's thread did not end; the process must
  // leave by _exit.
  [[nodiscard]] bool drain();

 private:
  struct Parts;
  const Settings settings_;
  const Logger log_;
  std::atomic<bool> draining_{false};
  std::unique_ptr<Parts> parts_;
};

}  // namespace gardu::host
