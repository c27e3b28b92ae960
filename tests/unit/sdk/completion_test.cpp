// SPDX-License-Identifier: Apache-2.0
//
// SendCompletion: told exactly once, whoever ends up holding it.
#include <gtest/gtest.h>

#include <gardu/transport.hpp>
#include <string>
#include <thread>
#include <vector>

namespace gardu::sdk_test {
namespace {

struct Outcome {
  std::int32_t status;
  std::string provider_id, raw_id, address, code, message;
  bool confirmed;
};

class Completion : public ::testing::Test {
 protected:
  SendCompletion make() {
    return SendCompletion({&told_, [](void* context, const gardu_send_outcome* o) {
                             Outcome out{o->status,
                                         std::string(view(o->provider_message_id)),
                                         std::string(view(o->raw_id)),
                                         std::string(view(o->peer_address)),
                                         o->error == nullptr ? "" : o->error->provider_code,
                                         o->error == nullptr ? "" : o->error->message,
                                         o->confirmed != 0};
                             static_cast<std::vector<Outcome>*>(context)->push_back(std::move(out));
                           }});
  }
  std::vector<Outcome> told_;
};

TEST_F(Completion, AcceptedOnce) {
  {
    SendCompletion completion = make();
    completion.accepted({"wamid.1", "raw", "+62", true});
    completion.accepted({"wamid.2", {}, {}, false});
    completion.failed(Status::internal("late"));
  }
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].status, GARDU_OK);
  EXPECT_EQ(told_[0].provider_id, "wamid.1");
  EXPECT_EQ(told_[0].raw_id, "raw");
  EXPECT_EQ(told_[0].address, "+62");
  EXPECT_TRUE(told_[0].confirmed);
  EXPECT_EQ(told_[0].message, "");
}

TEST_F(Completion, FailedSaysWhy) {
  make().failed(Status::rejected("not on the network").with_code("131026", "Undeliverable"));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].status, GARDU_REJECTED);
  EXPECT_EQ(told_[0].code, "131026");
  EXPECT_EQ(told_[0].message, "not on the network");
}

TEST_F(Completion, DroppedIsInternal) {
  { const SendCompletion dropped = make(); }
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].status, GARDU_INTERNAL);
}

TEST_F(Completion, TheDutyMovesAlong) {
  {
    SendCompletion first = make();
    SendCompletion second(std::move(first));
    SendCompletion third = make();
    third = std::move(second);  // what it had goes with `second`
    EXPECT_TRUE(told_.empty());
    std::thread([mine = std::move(third)]() mutable {
      mine.accepted({"t", {}, {}, false});
    }).join();
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_EQ(told_[0].provider_id, "t");
  }
  EXPECT_EQ(told_.size(), 2U);  // the other was dropped with its holder
  EXPECT_EQ(told_[1].status, GARDU_INTERNAL);
}

TEST_F(Completion, DisarmedTellsNothing) {
  make().disarm();
  EXPECT_TRUE(told_.empty());
}

}  // namespace
}  // namespace gardu::sdk_test
