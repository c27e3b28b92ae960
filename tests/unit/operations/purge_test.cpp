// SPDX-License-Identifier: Apache-2.0
// What the housekeeping deletes every minute.
#include "app/purge.hpp"

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class PurgeTest : public StorageTest {};

TEST_F(PurgeTest, EntriesOfTheOutboxGoADayAfterTheirMessageWasSent) {
  constexpr std::int64_t kNow = 1'790'000'000'000, kHour = 3600 * 1000;
  add_contact("a", "c");
  write([&](Transaction& tx) {
    const auto add = [&](const std::string& id, const char* state, std::int64_t hours) {
      messages::insert(tx, message(id, kNow - hours * kHour));
      OutboxEntry e;
      e.message_id = id;
      e.workspace_id = "w";
      e.account_id = "a";
      e.contact_id = "c";
      e.state = state;
      e.created_at = kNow - hours * kHour;
      outbox::enqueue(tx, e);
    };
    for (int i = 0; i < 450; ++i) add("old" + std::to_string(i), "done", 25);
    add("young", "done", 23);
    for (const char* state : {"queued", "leased", "in_doubt", "held", "dead"})
      add(state, state, 1000);
  });
  host::purge(db(), kNow);
  EXPECT_EQ(sql("select count(*) from outbox"), "6");
  EXPECT_EQ(sql("select count(*) from outbox where state = 'done'"), "1");
  EXPECT_EQ(sql("select count(*) from messages"), "456");
}

}  // namespace
}  // namespace gardu::storage::testing
