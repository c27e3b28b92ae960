// SPDX-License-Identifier: Apache-2.0
#include "outbox/decision.hpp"

#include <algorithm>

namespace gardu::host {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kThrottled{5}, kNotConnected{5}, kAuth{60};

milliseconds backoff(int attempts, const RetryPolicy& policy) {
  if (policy.backoff_s.empty()) return seconds{10};
  const auto i = std::min(static_cast<std::size_t>(attempts), policy.backoff_s.size() - 1);
  return seconds{policy.backoff_s[i]};
}

Decision another_attempt(int attempts, const RetryPolicy& policy) {
  if (attempts + 1 >= policy.attempts) return {Decision::What::fail, true, {}, false, {}};
  return {Decision::What::again, true, backoff(attempts, policy), false, {}};
}

}  // namespace

Decision decide(const Status& failed, int attempts, const RetryPolicy& policy) {
  const auto asked = duration_cast<milliseconds>(failed.retry_after());
  switch (failed.code()) {
    case GARDU_THROTTLED: {
      const milliseconds wait = asked.count() > 0 ? asked : milliseconds(kThrottled);
      return {Decision::What::again, false, wait, false,
              failed.scope() == GARDU_SCOPE_ACCOUNT ? wait : milliseconds{0}};
    }
    case GARDU_NOT_CONNECTED:
    case GARDU_FULL:
    case GARDU_STOPPED:
      return {Decision::What::again,
              false,
              asked.count() > 0 ? asked : milliseconds(kNotConnected),
              false,
              {}};
    case GARDU_AUTH:
    case GARDU_UNCONFIGURED:
      // Kept: once a person has mended the account, it goes out.
      return {Decision::What::again, false, kAuth, true, kAuth};
    case GARDU_TIMEOUT:
      if (policy.doubt_wait.count() > 0)
        return {Decision::What::doubt, true, policy.doubt_wait, false, {}};
      // The last try, too, may have arrived: that it failed is not for us to say.
      if (policy.hold_in_doubt || attempts + 1 >= policy.attempts)
        return {Decision::What::hold, true, {}, false, {}};
      return another_attempt(attempts, policy);
    case GARDU_RETRY:
    case GARDU_INTERNAL:
      return another_attempt(attempts, policy);
    case GARDU_REJECTED:
    case GARDU_INVALID:
    case GARDU_UNSUPPORTED:
    case GARDU_NOT_FOUND:
    case GARDU_FORBIDDEN:
      return {Decision::What::fail, true, {}, false, {}};
    default:  // a status that this host does not know: as internal
      return another_attempt(attempts, policy);
  }
}

}  // namespace gardu::host
