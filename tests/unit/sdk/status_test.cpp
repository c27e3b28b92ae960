// SPDX-License-Identifier: Apache-2.0
//
// Status over the boundary and back.
#include <gtest/gtest.h>

#include <gardu/result.hpp>

namespace gardu::sdk_test {
namespace {

TEST(StatusRecord, EverythingComesBack) {
  const Status before = Status::throttled("slow down", std::chrono::seconds(7), GARDU_SCOPE_ACCOUNT)
                            .with_code("131056", "Pair rate limit hit");
  gardu_error record = Status::record();
  const std::int32_t code = before.write_to(&record);
  const Status after = Status::read_from(code, record);
  EXPECT_EQ(after.code(), GARDU_THROTTLED);
  EXPECT_EQ(after.message(), "slow down");
  EXPECT_EQ(after.provider_code(), "131056");
  EXPECT_EQ(after.title(), "Pair rate limit hit");
  EXPECT_EQ(after.retry_after(), std::chrono::seconds(7));
  EXPECT_EQ(after.scope(), GARDU_SCOPE_ACCOUNT);
  EXPECT_EQ(record.status, GARDU_THROTTLED);
}

TEST(StatusRecord, FineLeavesNoText) {
  gardu_error record = Status::record();
  EXPECT_EQ(Status{}.write_to(&record), GARDU_OK);
  EXPECT_TRUE(Status::read_from(GARDU_OK, record).ok());
  EXPECT_STREQ(record.message, "");
}

TEST(StatusRecord, AnUnknownCodeIsKept) {
  EXPECT_EQ(Status::read_from(4711, Status::record()).code(), 4711);
  EXPECT_FALSE(Status::read_from(4711, Status::record()).ok());
}

TEST(StatusRecord, NobodyHasToTakeIt) {
  EXPECT_EQ(Status::rejected("no").write_to(nullptr), GARDU_REJECTED);
}

TEST(StatusRecord, AShorterRecordOfAnotherVersionStaysUntouched) {
  gardu_error record = Status::record();
  record.size = offsetof(gardu_error, title);
  EXPECT_EQ(Status::rejected("no").write_to(&record), GARDU_REJECTED);
  EXPECT_EQ(record.status, 0);
  EXPECT_STREQ(record.message, "");
}

TEST(StatusRecord, LongTextsAreCutAndTerminated) {
  gardu_error record = Status::record();
  Status::internal(std::string(5000, 'x'))
      .with_code(std::string(50, '1'), std::string(200, 't'))
      .write_to(&record);
  EXPECT_EQ(std::string(record.message), std::string(511, 'x'));
  EXPECT_EQ(std::string(record.provider_code), std::string(31, '1'));
  EXPECT_EQ(std::string(record.title), std::string(127, 't'));
}

// A text that fits exactly is whole; one byte more, and the character at the edge goes whole.
TEST(StatusRecord, NoCharacterIsCutInTwo) {
  for (const std::string character : {"é", "世", "😀"}) {
    for (std::size_t lead = 500; lead < 512; ++lead) {
      const std::string text = std::string(lead, 'x') + character + character + character + "tail";
      gardu_error record = Status::record();
      Status::internal(text).write_to(&record);
      const std::string kept = record.message;
      EXPECT_LE(kept.size(), 511U);
      EXPECT_GT(kept.size(), 511U - character.size());
      const std::size_t beyond = kept.size() - lead;
      EXPECT_TRUE(beyond >= 3 * character.size() || beyond % character.size() == 0)
          << character << " after " << lead;
      EXPECT_TRUE(text.starts_with(kept));
    }
  }
  gardu_error record = Status::record();
  Status::internal(std::string(509, 'x') + "é").write_to(&record);
  EXPECT_EQ(std::string(record.message), std::string(509, 'x') + "é");
}

TEST(ResultValue, EitherAValueOrAStatus) {
  Result<int> good = 3;
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 3);
  EXPECT_TRUE(good.status().ok());
  const Result<int> bad = Status::invalid("odd");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.status().message(), "odd");
}

}  // namespace
}  // namespace gardu::sdk_test
