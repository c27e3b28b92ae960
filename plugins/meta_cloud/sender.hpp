// SPDX-License-Identifier: Apache-2.0
//
// What the Graph API's answers mean, and how long a throttled pair has to wait.
#pragma once
#include <gardu/http_client.hpp>
#include <gardu/transport.hpp>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace gardu::meta_cloud {

// What was asked, as far as its answer is read with it.
struct Asked {
  std::string_view token;  // a secret: cut out of what the other side says
  uint32_t attempt = 1;
  uint32_t pair_strikes = 0;
};

// Fine: it was answered with a success, whatever its body says.
Status outcome_of(const HttpAnswer& answer, const Asked& asked);

// Of a message. Taken: there is a message id in it. A success without one leaves the outcome
// unknown (GARDU_TIMEOUT): sending again could deliver twice. `to`: the address that was sent to.
Result<Accepted> read_answer(const HttpAnswer& answer, std::string_view to, const Asked& asked);

// How often in a row an account was throttled towards one contact. A throttled send is no attempt,
// so the host's count does not grow with it. Threads: any.
class PairStrikes {
 public:
  uint32_t count(const std::string& pair) const;
  void note(const std::string& pair, const Status& outcome);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, uint32_t> strikes_;
};

}  // namespace gardu::meta_cloud
