// SPDX-License-Identifier: Apache-2.0
// Group commit: each work stands or falls alone, and commit order is seq order.
#include "storage/writer.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "storage/cursors.hpp"
#include "storage/messages.hpp"
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class WriterTest : public StorageTest {
 protected:
  // Keeps the writer's thread in a work until the returned promise is set, so that what is
  // submitted meanwhile shares the next transaction.
  std::promise<void> hold() {
    std::promise<void> release;
    auto entered = std::make_shared<std::promise<void>>();
    auto future = std::make_shared<std::future<void>>(release.get_future());
    EXPECT_TRUE(db().writer().submit(
        [entered, future](Transaction&) {
          entered->set_value();
          future->wait();
        },
        {}));
    entered->get_future().wait();
    return release;
  }
  std::vector<JournalEntry> journal() {
    JournalQuery all;
    all.limit = 100'000;
    return read([&](Session& s) { return journal::read(s, all); });
  }
};

TEST_F(WriterTest, ManyThreadsEachHearOfTheirOwnWorkOnce) {
  constexpr int kThreads = 64, kEach = 20;
  std::vector<std::int64_t> heard;
  db().writer().set_on_commit([&](std::vector<JournalEntry>&& entries) {
    for (const auto& e : entries) heard.push_back(e.seq);
  });
  std::atomic<int> fine{0}, failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        const bool bad = i % 5 == 4;
        std::promise<void> done;
        ASSERT_TRUE(db().writer().submit(
            [id, bad](Transaction& tx) {
              tx.append(event(id));
              cursors::set(tx, id, 1);
              if (bad) throw std::runtime_error("this one does not want to");
            },
            [&](std::exception_ptr e) {
              ++(e ? failed : fine);
              done.set_value();
            }));
        done.get_future().wait();
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(failed, kThreads * kEach / 5);
  EXPECT_EQ(fine, kThreads * kEach * 4 / 5);

  const auto stored = journal();
  ASSERT_EQ(stored.size(), heard.size());
  ASSERT_EQ(static_cast<int>(stored.size()), fine.load());
  for (std::size_t i = 0; i < stored.size(); ++i) EXPECT_EQ(stored[i].seq, heard[i]);
  EXPECT_EQ(read([](Session& s) { return cursors::list(s); }).size(), stored.size());
}

TEST_F(WriterTest, SeqIsCommitOrderWithoutGapsAndTheListenersOrder) {
  std::vector<std::string> heard;
  db().writer().set_on_commit([&](std::vector<JournalEntry>&& entries) {
    for (const auto& e : entries) heard.push_back(std::to_string(e.seq) + e.id);
  });
  auto release = hold();
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(db().writer().submit(
        [i](Transaction& tx) {
          const auto before = tx.append(event("a" + std::to_string(i)));
          EXPECT_EQ(tx.append(event("b" + std::to_string(i))), before + 1);
          if (i % 3 == 0) throw std::runtime_error("undone");
        },
        {}));
  release.set_value();
  write([](Transaction&) {});
  std::vector<std::string> stored;
  std::int64_t seq = 0;
  for (const auto& e : journal()) {
    EXPECT_EQ(e.seq, ++seq);
    EXPECT_NE(std::stoi(e.id.substr(1)) % 3, 0);
    stored.push_back(std::to_string(e.seq) + e.id);
  }
  EXPECT_EQ(stored.size(), 40U);
  EXPECT_EQ(heard, stored);
  EXPECT_EQ(read([](Session& s) { return journal::newest(s); }), 40);
}

TEST_F(WriterTest, AWorkThatThrowsIsUndoneAloneInASharedTransaction) {
  const auto before = db().writer().stats();
  auto release = hold();
  std::exception_ptr first, second, third;
  bool effect = false;
  auto& w = db().writer();
  ASSERT_TRUE(w.submit([](Transaction& tx) { cursors::set(tx, "one", 1); },
                       [&](std::exception_ptr e) { first = e; }));
  ASSERT_TRUE(w.submit(
      [&](Transaction& tx) {
        cursors::set(tx, "two", 2);
        tx.defer([&] { effect = true; });
        throw std::runtime_error("no");
      },
      [&](std::exception_ptr e) { second = e; }));
  ASSERT_TRUE(w.submit([](Transaction& tx) { cursors::set(tx, "three", 3); },
                       [&](std::exception_ptr e) { third = e; }));
  release.set_value();
  write([](Transaction&) {});
  EXPECT_FALSE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(third);
  EXPECT_FALSE(effect);
  const auto kept = read([](Session& s) { return cursors::list(s); });
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].plugin, "one");
  EXPECT_EQ(kept[1].plugin, "three");
  EXPECT_EQ(w.stats().failed_works, before.failed_works + 1);
  EXPECT_EQ(w.stats().failed_commits, 0U);
  EXPECT_LT(w.stats().transactions - before.transactions, w.stats().works - before.works);
}

TEST_F(WriterTest, WorksThatMayRunAgainAreUndoneAloneAllTheSame) {
  constexpr int kWorks = 12;
  std::vector<std::string> heard;
  db().writer().set_on_commit([&](std::vector<JournalEntry>&& entries) {
    for (const auto& e : entries) heard.push_back(e.id);
  });
  std::vector<int> runs(kWorks, 0), effects(kWorks, 0);
  int failed = 0;
  const auto before = db().writer().stats();
  auto release = hold();
  for (int i = 0; i < kWorks; ++i) {
    // The sixth may not: it runs once, between two groups. One of the second group throws.
    const auto repeat = i == 5 ? Writer::Repeat::never : Writer::Repeat::allowed;
    ASSERT_TRUE(db().writer().submit(
        [&, i](Transaction& tx) {
          ++runs[static_cast<std::size_t>(i)];
          tx.append(event(std::to_string(i)));
          tx.defer([&, i] { ++effects[static_cast<std::size_t>(i)]; });
          cursors::set(tx, "work" + std::to_string(i), 1);
          if (i == 8) throw std::runtime_error("no");
        },
        [&](const std::exception_ptr& e) { failed += e ? 1 : 0; }, repeat));
  }
  release.set_value();
  write([](Transaction&) {});
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(db().writer().stats().failed_works, before.failed_works + 1);
  EXPECT_EQ(runs, (std::vector{1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1}));
  EXPECT_EQ(effects, (std::vector{1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1}));
  std::vector<std::string> stored;
  std::int64_t seq = 0;
  for (const auto& e : journal()) {
    EXPECT_EQ(e.seq, ++seq);
    stored.push_back(e.id);
  }
  EXPECT_EQ(stored,
            (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "9", "10", "11"}));
  EXPECT_EQ(heard, stored);
  EXPECT_EQ(read([](Session& s) { return cursors::list(s); }).size(), stored.size());
}

TEST_F(WriterTest, ATransactionOfNothingButSuchWorksBeginsAgainWhenOneThrows) {
  std::vector<int> effects(4, 0), failed(4, 0);
  auto release = hold();
  for (std::size_t i = 0; i < 4; ++i)
    ASSERT_TRUE(db().writer().submit(
        [&, i](Transaction& tx) {
          tx.append(event(std::to_string(i)));
          tx.defer([&, i] { ++effects[i]; });
          cursors::set(tx, "work" + std::to_string(i), 1);
          // Of no contact: the engine refuses it, and one takes nothing more until that is undone.
          if (i == 2) messages::insert(tx, message("m"));
        },
        [&, i](const std::exception_ptr& e) { failed[i] += e ? 1 : 0; }, Writer::Repeat::allowed));
  release.set_value();
  write([](Transaction&) {});
  EXPECT_EQ(failed, (std::vector{0, 0, 1, 0}));
  EXPECT_EQ(effects, (std::vector{1, 1, 0, 1}));
  const auto stored = journal();
  ASSERT_EQ(stored.size(), 3U);
  EXPECT_EQ(stored[0].seq, 1);
  EXPECT_EQ(stored[2].seq, 3);
  EXPECT_EQ(stored[2].id, "3");
  EXPECT_EQ(read([](Session& s) { return cursors::list(s); }).size(), 3U);
}

TEST_F(WriterTest, ListenerThenEffectsThenDonesAllAfterTheCommit) {
  std::vector<std::string> order;
  db().writer().set_on_commit([&](std::vector<JournalEntry>&&) {
    order.push_back("listener");
    EXPECT_EQ(read([](Session& s) { return journal::newest(s); }), 1);
  });
  std::promise<void> done;
  ASSERT_TRUE(db().writer().submit(
      [&](Transaction& tx) {
        tx.append(event("e"));
        tx.defer([&] { order.push_back("effect"); });
        order.push_back("work");
      },
      [&](std::exception_ptr) {
        order.push_back("done");
        done.set_value();
      }));
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<std::string>{"work", "listener", "effect", "done"}));
}

TEST_F(WriterTest, WhatListenersEffectsAndDonesThrowStopsNothing) {
  db().writer().set_on_commit([](std::vector<JournalEntry>&&) { throw 1; });
  ASSERT_TRUE(db().writer().submit(
      [](Transaction& tx) {
        tx.append(event("e"));
        tx.defer([] { throw 2; });
      },
      [](std::exception_ptr) { throw 3; }));
  write([](Transaction& tx) { cursors::set(tx, "after", 1); });
  EXPECT_EQ(db().writer().stats().failed_effects, 3U);
  EXPECT_EQ(read([](Session& s) { return cursors::get(s, "after"); }), 1);
}

TEST_F(WriterTest, AFailedTransactionIsToldToAllOfThemAndTheNextOneWorks) {
  // The counter's row is what is written last; the whole transaction is lost there.
  sql(backend() == "sqlite3" ? "create trigger no_seq before update on counters begin select "
                               "raise(rollback, 'no'); end"
                             : "alter table counters add constraint no_seq check (value = 0)");
  bool heard = false;
  db().writer().set_on_commit([&](std::vector<JournalEntry>&&) { heard = true; });
  auto release = hold();
  std::vector<std::promise<std::exception_ptr>> ends(2);
  for (std::size_t i = 0; i < 2; ++i)
    ASSERT_TRUE(db().writer().submit(
        [i](Transaction& tx) {
          cursors::set(tx, "p" + std::to_string(i), 1);
          tx.append(event("e" + std::to_string(i)));
        },
        [&ends, i](std::exception_ptr e) { ends[i].set_value(e); }));
  release.set_value();
  EXPECT_TRUE(ends[0].get_future().get());
  EXPECT_TRUE(ends[1].get_future().get());
  EXPECT_FALSE(db().writer().last_failure().empty());
  EXPECT_FALSE(heard);
  EXPECT_TRUE(read([](Session& s) { return cursors::list(s); }).empty());
  EXPECT_TRUE(journal().empty());
  sql(backend() == "sqlite3" ? "drop trigger no_seq"
                             : "alter table counters drop constraint no_seq");
  write([](Transaction& tx) { EXPECT_EQ(tx.append(event("e")), 1); });
  EXPECT_TRUE(db().health().ok);
}

TEST_F(WriterTest, APlaceThatIsFullForOneIsNotWellBecauseOthersEndWell) {
  EXPECT_THROW(write([](Transaction&) { throw Error(ErrorKind::full, "no room"); }), Error);
  write([](Transaction&) {});
  EXPECT_EQ(db().writer().last_failure(), "no room");
  EXPECT_TRUE(db().health().ok);  // it tries
  EXPECT_EQ(db().writer().last_failure(), "");
}

TEST_F(WriterTest, AFullQueueRefusesAndStopDrains) {
  close();
  auto small = open(2);
  std::promise<void> entered, release;
  auto released = release.get_future().share();
  std::atomic<int> done{0};
  const auto count = [&](std::exception_ptr e) { done += e ? 0 : 1; };
  ASSERT_TRUE(small->writer().submit(
      [&](Transaction&) {
        entered.set_value();
        released.wait();
      },
      count));
  entered.get_future().wait();
  EXPECT_TRUE(small->writer().submit([](Transaction&) {}, count));
  EXPECT_TRUE(small->writer().submit([](Transaction&) {}, count));
  EXPECT_EQ(small->writer().waiting(), 2U);
  EXPECT_FALSE(small->writer().submit([](Transaction&) {}, count));
  release.set_value();
  small->writer().stop();
  EXPECT_EQ(done, 3);
  EXPECT_FALSE(small->writer().submit([](Transaction&) {}, count));
  EXPECT_THROW(small->writer().run([](Transaction&) {}), Error);
}

}  // namespace
}  // namespace gardu::storage::testing
