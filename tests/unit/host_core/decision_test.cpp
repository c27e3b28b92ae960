// SPDX-License-Identifier: Apache-2.0
#include "outbox/decision.hpp"

#include <gtest/gtest.h>

namespace gardu::host {
namespace {

using What = Decision::What;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Case {
  const char* label;
  int code;
  int attempts;  // before this one
  What what;
  bool counted;
  milliseconds delay;
};

TEST(Decision, ByClass) {
  const RetryPolicy policy;  // three attempts; 10, 30, 60 s
  const Case cases[] = {
      {"retry, first", GARDU_RETRY, 0, What::again, true, seconds(10)},
      {"retry, second", GARDU_RETRY, 1, What::again, true, seconds(30)},
      {"retry, the last attempt", GARDU_RETRY, 2, What::fail, true, {}},
      {"timeout", GARDU_TIMEOUT, 0, What::again, true, seconds(10)},
      {"timeout, the last attempt: it may have arrived", GARDU_TIMEOUT, 2, What::hold, true, {}},
      {"internal", GARDU_INTERNAL, 0, What::again, true, seconds(10)},
      {"a status of a later version", 999, 0, What::again, true, seconds(10)},
      {"not connected is no attempt", GARDU_NOT_CONNECTED, 2, What::again, false, seconds(5)},
      {"stopping is no attempt", GARDU_STOPPED, 2, What::again, false, seconds(5)},
      {"credentials wait for a person", GARDU_AUTH, 2, What::again, false, seconds(60)},
      {"rejected", GARDU_REJECTED, 0, What::fail, true, {}},
      {"invalid", GARDU_INVALID, 0, What::fail, true, {}},
      {"unsupported", GARDU_UNSUPPORTED, 0, What::fail, true, {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.label);
    const auto d = decide(Status(static_cast<gardu_status>(c.code), "x"), c.attempts, policy);
    EXPECT_EQ(d.what, c.what);
    EXPECT_EQ(d.counted, c.counted);
    EXPECT_EQ(d.delay, c.delay);
    EXPECT_EQ(d.account_failed, c.code == GARDU_AUTH);
  }
}

TEST(Decision, ThrottlingWaitsAsAskedAndPausesTheAccountOnlyIfItIsTheAccounts) {
  const auto pair = decide(Status::throttled("x", seconds(4), GARDU_SCOPE_PAIR), 2, {});
  EXPECT_EQ(pair.what, What::again);
  EXPECT_FALSE(pair.counted);
  EXPECT_EQ(pair.delay, seconds(4));
  EXPECT_EQ(pair.pause_account, milliseconds(0));
  const auto account = decide(Status::throttled("x", seconds(7), GARDU_SCOPE_ACCOUNT), 2, {});
  EXPECT_EQ(account.pause_account, seconds(7));
}

TEST(Decision, AnUnknownOutcomeIsHeldWhereTheAccountAsksForIt) {
  RetryPolicy policy;
  policy.hold_in_doubt = true;
  EXPECT_EQ(decide(Status::timeout("x"), 0, policy).what, What::hold);
  EXPECT_EQ(decide(Status::retry("x"), 0, policy).what, What::again);
}

TEST(Decision, AnUnknownOutcomeWaitsForAStatusWhereOneMayTell) {
  RetryPolicy policy;
  policy.doubt_wait = seconds(7);
  for (const bool hold : {false, true}) {
    policy.hold_in_doubt = hold;
    const auto d = decide(Status::timeout("x"), 2, policy);
    EXPECT_EQ(d.what, What::doubt);
    EXPECT_TRUE(d.counted);
    EXPECT_EQ(d.delay, seconds(7));
  }
  EXPECT_EQ(decide(Status::retry("x"), 0, policy).what, What::again);
}

}  // namespace
}  // namespace gardu::host
