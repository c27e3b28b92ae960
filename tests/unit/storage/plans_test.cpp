// SPDX-License-Identifier: Apache-2.0
// Every read path begins in an index, whatever the filters, and a page is read in its order.
#include "plans.hpp"
#include "storage/audit.hpp"
#include "storage/backlog.hpp"
#include "storage/media.hpp"
#include "storage/retention.hpp"
#include "storage/tokens.hpp"

namespace gardu::storage::testing {
namespace {

ContactQuery contacts_of(const char* workspace = "w") {
  ContactQuery q;
  q.workspace_id = workspace;
  return q;
}

MessageQuery messages_of(const char* workspace = "w") {
  MessageQuery q;
  q.workspace_id = workspace;
  return q;
}

class ReadPlansTest : public PlansTest {
 protected:
  std::vector<Plan> list(const ContactQuery& q) {
    return plans_of([&](Session& s) { contacts::list(s, q); });
  }
  std::vector<Plan> list(const MessageQuery& q) {
    return plans_of([&](Session& s) { messages::list(s, q); });
  }
  // The first page, and one behind a place, in either direction.
  void expect_pages(MessageQuery q) {
    expect_list(list(q));
    q.before = {{1500, "m1500"}};
    expect_list(list(q));
    q.before.reset();
    q.after = {{1500, "m1500"}};
    expect_list(list(q));
  }
  // The list's own statements; the identities of who is on it are sorted, a few at a time.
  void expect_pages(ContactQuery q) {
    for (const bool behind : {false, true}) {
      if (behind) q.after = {{500, "c500"}};
      auto plans = list(q);
      expect_index(plans);
      std::erase_if(plans, [](const Plan& p) {
        return p.sql.find("contact_identities") != std::string::npos;
      });
      expect_list(plans);
    }
  }
};

TEST_F(ReadPlansTest, ContactsWithAnyFilters) {
  for (const auto& account : {std::optional<std::string>{}, std::optional<std::string>{"a"}})
    for (const auto& unread : {std::optional<bool>{}, std::optional{true}, std::optional{false}})
      for (const auto& archived :
           {std::optional<bool>{}, std::optional{true}, std::optional{false}}) {
        auto q = contacts_of();
        q.account_id = account;
        q.unread = unread;
        q.archived = archived;
        expect_pages(q);
      }
}

TEST_F(ReadPlansTest, AFilterThatLeavesLittleHasAnIndexOfItsOwn) {
  const auto plan = [&](const auto& q) { return list(q).front().text; };
  auto q = contacts_of("w2");
  q.unread = true;
  EXPECT_TRUE(goes_by(plan(q), "contacts_unread")) << plan(q);
  q.archived = false;
  EXPECT_FALSE(goes_by(plan(q), "contacts_recent")) << plan(q);
  q = contacts_of("w2");
  q.archived = true;
  EXPECT_TRUE(goes_by(plan(q), "contacts_archived")) << plan(q);
  auto m = messages_of("w2");
  m.status = "failed";
  EXPECT_TRUE(goes_by(plan(m), "messages_status")) << plan(m);
}

TEST_F(ReadPlansTest, ContactsByNameAndLabelGoThroughTheirOrderAtMost) {
  auto q = contacts_of();
  q.q = "Name 5";
  expect_pages(q);
  q = contacts_of();
  q.label = "vip";
  expect_pages(q);
}

TEST_F(ReadPlansTest, AContact) {
  expect_index(plans_of([](Session& s) { contacts::get(s, "w", "c0"); }));
  expect_index(plans_of([](Session& s) { contacts::find(s, "a", {{"phone", "+620"}}); }));
  expect_index(plans_of([](Session& s) { contacts::count(s, "w"); }));
}

TEST_F(ReadPlansTest, MessagesOfAContactOfAStatusOfAnAccountOfAType) {
  expect_pages(messages_of());
  auto q = messages_of();
  q.contact_id = "c0";
  expect_pages(q);
  q.status = "failed";
  q.direction = "outbound";
  expect_pages(q);
  q = messages_of();
  q.status = "failed";
  expect_pages(q);
  q.account_id = "a";
  expect_pages(q);
  q = messages_of();
  q.account_id = "a";
  expect_pages(q);
  q = messages_of();
  q.type = "text";
  q.since = 10;
  q.until = 2000;
  expect_pages(q);
  q.direction = "outbound";
  q.before = {{1500, "m1500"}};
  q.after = {{100, "m100"}};
  expect_list(list(q));
}

TEST_F(ReadPlansTest, FullText) {
  auto q = messages_of();
  q.q = "seldom";
  const auto expect = [&] {
    auto plans = plans_of([&](Session& s) { messages::list(s, q); }, true);
    // The others find the place where the page goes on.
    std::erase_if(plans,
                  [](const Plan& p) { return p.sql.find("select n from") != std::string::npos; });
    expect_full_text(plans);
    if (backend() == "sqlite3") expect_list(plans);  // the others sort what they found
  };
  expect();
  q.before = {{1500, "m1500"}};
  expect();
  q.before = {{1500, "is gone"}};
  expect();
  q.before.reset();
  q.after = {{1500, "m1500"}};
  q.status = "sent";
  expect();
}

TEST_F(ReadPlansTest, OneMessage) {
  expect_index(plans_of([](Session& s) {
    messages::get(s, "w", "m0");
    messages::of_account(s, "a", "m0");
    messages::known(s, "a", "p0");
    messages::find(s, "a", "r0");
    messages::place_of(s, "w", "m0");
  }));
}

TEST_F(ReadPlansTest, EventsAfterASeq) {
  const auto read = [&](const JournalQuery& q) {
    return plans_of([&](Session& s) { journal::read(s, q); });
  };
  JournalQuery q;
  q.after_seq = 100;
  expect_list(read(q));
  q.workspace_id = "w";
  expect_list(read(q));
  q.types = {"message.sent", "message.received"};
  expect_list(read(q));
  q.other_types = true;
  expect_list(read(q));
  q.contact_id = "c0";
  expect_list(read(q));
  q.contact_id.reset();
  q.account_id = "a";
  expect_list(read(q));
  // PostgreSQL sees that here another one is as good.
  EXPECT_TRUE(backend() == "postgresql" || goes_by(read(q).front().text, "journal_account"));
  expect_list(plans_of([](Session& s) { journal::of_message(s, "w", "m0"); }));
  expect_index(plans_of([](Session& s) {
    journal::newest(s);
    journal::get(s, "w", "e0");
    journal::at(s, 17);
  }));
}

TEST_F(ReadPlansTest, TheOutbox) {
  expect_index(plans_of_work([](Transaction& tx) {
    Lease lease;
    lease.holder = "h2";
    lease.now = 10;
    lease.until = 20;
    lease.limit = 5;
    lease.max_per_account = 100;
    outbox::lease(tx, lease);
  }));
  expect_index(plans_of_work([](Transaction& tx) {
    outbox::renew(tx, "h2", {1}, 30);
    EXPECT_EQ(outbox::purge(tx, 1, 10), 10);
  }));
  expect_index(plans_of([](Session& s) {
    outbox::next_due(s, 0);
    outbox::abandoned(s, 5, "h2", 10);
    outbox::doubts_over(s, 5, 10);
    outbox::next_doubt(s, 5);
    outbox::of_message(s, "m0");
    outbox::get(s, "w", 1);
    outbox::counts(s);
    outbox::counts_of(s, "w", "a");
  }));
  expect_list(plans_of([](Session& s) { outbox::list(s, "w", "queued", 0, 10, ""); }));
  expect_list(plans_of([](Session& s) { outbox::list(s, "w", "queued", 0, 10, "a"); }));
  expect_list(plans_of([](Session& s) { outbox::list(s, "w", "", 0, 10, ""); }));
}

TEST_F(ReadPlansTest, Retention) {
  const retention::Place none, place{1000, "m1000"}, last{1100, "m1100"};
  // A row for each plugin.
  const auto but_cursors = [](std::vector<Plan> plans) {
    std::erase_if(plans,
                  [](const Plan& p) { return p.sql.find("from cursors") != std::string::npos; });
    return plans;
  };
  expect_list(but_cursors(plans_of([&](Session& s) {
    for (const auto& after : {none, place}) retention::messages_after(s, "w", after, 2000, 10);
    for (const auto& run_before : {std::optional<std::int64_t>{}, std::optional<std::int64_t>{5}}) {
      const auto looked = retention::contents(s, "w", {}, 100, run_before);
      retention::contents(s, "w", looked->last, 100, run_before);
    }
    retention::journal_after(s, "w", 100, 2000, 1000, 10);
    retention::journal_limit(s);
  })));
  expect_index(plans_of([&](Session& s) {
    retention::count_messages(s, "w", 100);
    retention::count_journal(s, "w", 100, 1000);
    retention::hashes(s, "w", "0", "f");
    retention::old_media(s, "w", "", 10, 10);  // sorts a workspace's, beside the writer
    backlog::holders(s, 17);
  }));
  expect_index(but_cursors(plans_of_work([&](Transaction& tx) {
    EXPECT_GT(retention::delete_messages(tx, "w", place, last), 0);
    retention::delete_journal(tx, "w", 100, 200);
    backlog::forget(tx, "p1", 10);
    Media m;
    m.workspace_id = "w";
    m.id = "m";
    retention::delete_media(tx, m, 10);
  })));
}

TEST_F(ReadPlansTest, WhatIsReadWithEachRequestAndTheRest) {
  expect_index(plans_of([](Session& s) {
    tokens::find_by_hash(s, "hash");
    workspaces::get(s, "w");
    accounts::get(s, "w", "a");
    media::get(s, "w", "m");
    media::find_by_hash(s, "w", "hash");
  }));
  expect_list(plans_of([](Session& s) { tokens::list(s, "w", "", 10); }));
  for (const bool behind : {false, true})
    expect_list(plans_of([&](Session& s) {
      std::optional<std::pair<std::int64_t, std::string>> after;
      if (behind) after = {{5, "x"}};
      audit::list(s, "w", after, 10);
    }));
  expect_index(plans_of([](Session& s) {
    backlog::due(s, "p1", 10, 10);
    backlog::next_due(s, "p1");
    backlog::parked(s, "p1", 0, 10);
    backlog::get(s, "p1", 1);
  }));
  expect_index(plans_of_work([](Transaction& tx) {
    early_statuses::take(tx, "a", "e7");
    contacts::mark_read(tx, "w", "c0");
  }));
}

}  // namespace
}  // namespace gardu::storage::testing
