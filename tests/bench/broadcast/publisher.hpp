// SPDX-License-Identifier: Apache-2.0
//
// A kept HTTP connection that publishes signed events, one request at a time.
#pragma once
#include <string>
#include <string_view>

#include "load.hpp"

namespace gardu::bench {

class Publisher final : public Wire {
 public:
  Publisher(Load& load, size_t index) : Wire(load.poller), load_(load), index_(index) {}

  void start() { connect(index_); }
  bool idle() const noexcept { return idle_; }
  bool busy() const noexcept { return !request_.empty(); }
  void publish(Stream& stream, int64_t due);

 private:
  void connected() override;
  size_t received(std::string_view bytes) override;
  void ended() override;

  Load& load_;
  size_t index_;
  std::string request_;  // until it is answered
  int64_t sent_ns_ = 0;
  bool idle_ = false;
  bool again_ = false;
};

}  // namespace gardu::bench
