// SPDX-License-Identifier: Apache-2.0
#include "plugins/mailbox.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace gardu::host {
namespace {

using std::chrono::milliseconds;

TEST(Mailbox, TasksRunInOrderOnOneThread) {
  Mailbox box(100, [] { return false; });
  std::vector<int> order;  // touched by the mailbox's thread alone until the promise
  std::promise<void> done;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(box.post({[&, i] { order.push_back(i); }, {}}));
  EXPECT_TRUE(box.post({[&] {
                          EXPECT_TRUE(box.on_thread());
                          done.set_value();
                        },
                        {}}));
  done.get_future().get();
  EXPECT_FALSE(box.on_thread());
  ASSERT_EQ(order.size(), 50U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Mailbox, AFullOneTakesNothingButControl) {
  Mailbox box(2, [] { return false; });
  std::promise<void> running, go;
  auto gate = go.get_future().share();
  ASSERT_TRUE(box.post({[&] {
                          running.set_value();
                          gate.wait();
                        },
                        {}}));
  running.get_future().get();
  EXPECT_TRUE(box.post({[] {}, {}}));
  EXPECT_TRUE(box.post({[] {}, {}}));
  EXPECT_FALSE(box.post({[] {}, {}}));
  std::promise<void> controlled;
  EXPECT_TRUE(box.post_control([&] { controlled.set_value(); }));
  go.set_value();
  controlled.get_future().get();
}

TEST(Mailbox, IdleWorkIsNotStarvedByTasks) {
  std::atomic<bool> stop{false};
  std::promise<void> idled;
  std::atomic<bool> once{false};
  Mailbox* self = nullptr;
  std::function<void()> again = [&] {
    if (!stop) (void)self->post({again, {}});
  };
  Mailbox box(100, [&] {
    if (!once.exchange(true)) idled.set_value();
    return false;
  });
  self = &box;
  box.post({again, {}});
  box.wake();
  idled.get_future().get();
  stop = true;
  box.close();
}

TEST(Mailbox, TimersFireByDueTimeAndCanBeCancelled) {
  Mailbox box(10, [] { return false; });
  std::promise<std::vector<int>> fired;
  std::vector<int> order;
  std::atomic<int> dropped{0};
  box.after(milliseconds(30), {[&] {
                                 order.push_back(2);
                                 fired.set_value(order);
                               },
                               {}});
  box.after(milliseconds(5), {[&] { order.push_back(1); }, {}});
  const auto never = box.after(milliseconds(10), {[&] { order.push_back(9); }, [&] { ++dropped; }});
  EXPECT_TRUE(box.cancel(never));
  EXPECT_FALSE(box.cancel(never));
  EXPECT_EQ(fired.get_future().get(), (std::vector<int>{1, 2}));
  EXPECT_EQ(dropped, 1);
}

TEST(Mailbox, ClosingDropsWhatWaitsAndRunsControl) {
  std::atomic<int> ran{0}, dropped{0}, control{0};
  {
    Mailbox box(10, [] { return false; });
    std::promise<void> running, go;
    auto gate = go.get_future().share();
    box.post({[&] {
                running.set_value();
                gate.wait();
              },
              {}});
    running.get_future().get();
    box.post({[&] { ++ran; }, [&] { ++dropped; }});
    box.after(std::chrono::hours(1), {[&] { ++ran; }, [&] { ++dropped; }});
    box.post_control([&] {
      ++control;
      box.shut();
      EXPECT_FALSE(box.post({[&] { ++ran; }, {}}));
      EXPECT_EQ(box.after(milliseconds(0), {[&] { ++ran; }, {}}), 0U);
    });
    go.set_value();
    box.close();
    box.close();  // again: nothing more
  }
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(dropped, 2);
  EXPECT_EQ(control, 1);
}

}  // namespace
}  // namespace gardu::host
