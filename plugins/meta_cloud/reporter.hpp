// SPDX-License-Identifier: Apache-2.0
//
// Tells the log what became of publications. The host may complete one after the plugin's stop,
// when nothing of the plugin may call it any more: then this is silent.
// Threads: any.
#pragma once
#include <mutex>
#include <string>

#include "meta_cloud.hpp"

namespace gardu::meta_cloud {

class MetaCloud::Reporter {
 public:
  Reporter(const Host& host, Counter failed) : host_(&host), failed_(failed) {}

  void close() {
    const std::lock_guard lock(mutex_);
    host_ = nullptr;
  }

  void report(int32_t status, PublishResults results) {
    const std::lock_guard lock(mutex_);
    if (host_ == nullptr) return;
    if (status != GARDU_OK) {
      host_->warn("a webhook could not be stored (status " + std::to_string(status) +
                  "), Meta will send it again");
      return;
    }
    for (const gardu_publish_result& r : results) {
      if (r.status == GARDU_OK) continue;
      failed_.add();
      host_->warn(std::string("an element of a webhook was not taken: ") + r.detail);
    }
  }

 private:
  std::mutex mutex_;
  const Host* host_;  // null: closed
  Counter failed_;
};

}  // namespace gardu::meta_cloud
