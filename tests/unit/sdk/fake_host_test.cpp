// SPDX-License-Identifier: Apache-2.0
//
// FakeHost alone: what it records, what it answers, and when it calls back.
#include <gtest/gtest.h>

#include <atomic>
#include <gardu/testing/fake_host.hpp>
#include <string>
#include <thread>
#include <vector>

namespace gardu::sdk_test {
namespace {

using testing::FakeHost;

class Fake : public ::testing::Test {
 protected:
  ~Fake() override { EXPECT_EQ(fake_.fault_text(), ""); }
  std::vector<int32_t> ends_;
  void publish(const std::string& account) {
    Publication p;
    p.type = GARDU_EVENT_ACCOUNT_STATUS;
    p.account_id = account;
    codes_.push_back(
        host_.publish({p}, [this](int32_t status, PublishResults) { ends_.push_back(status); })
            .code());
  }
  std::vector<int32_t> codes_;
  FakeHost fake_;
  Host host_{fake_.table()};
};

TEST_F(Fake, SaysWhoItIs) {
  EXPECT_EQ(host_.plugin_id(), "tested");
  EXPECT_EQ(host_.data_dir(), "/nowhere");
  fake_.plugin_id("other");
  fake_.data_dir("/tmp/a folder of some length, so that the text moves");
  EXPECT_EQ(host_.plugin_id(), "other");
  EXPECT_EQ(host_.data_dir(), "/tmp/a folder of some length, so that the text moves");
}

TEST_F(Fake, RefusesAsOftenAsItIsTold) {
  fake_.refuse(GARDU_EXT_PUBLISH, GARDU_FULL, 2);
  for (int i = 0; i < 3; ++i) publish("a");
  EXPECT_EQ(codes_, (std::vector<int32_t>{GARDU_FULL, GARDU_FULL, GARDU_OK}));
  fake_.refuse(GARDU_EXT_PUBLISH, GARDU_STOPPED);
  publish("b");
  fake_.refuse(GARDU_EXT_PUBLISH, GARDU_OK);
  publish("c");
  EXPECT_EQ(codes_.back(), GARDU_OK);
  EXPECT_EQ(fake_.published().size(), 2U);
  EXPECT_EQ(fake_.published().back().account_id, "c");
  fake_.forget();
  EXPECT_TRUE(fake_.published().empty());
  EXPECT_EQ(fake_.pending(GARDU_EXT_PUBLISH), 2U);  // their ends still come
}

TEST_F(Fake, EndsComeInOrderAndHeldOnesWhenTold) {
  fake_.hold(GARDU_EXT_PUBLISH);
  publish("a");
  publish("b");
  std::vector<std::string> sent;
  host_.send({}, [&](const Status& s) { sent.push_back(s.ok() ? "sent" : s.message()); });
  EXPECT_EQ(fake_.run(), 1U);
  EXPECT_EQ(sent, std::vector<std::string>{"sent"});
  EXPECT_EQ(fake_.pending(GARDU_EXT_PUBLISH), 2U);
  EXPECT_TRUE(fake_.complete_publish(GARDU_INTERNAL));
  EXPECT_EQ(ends_, std::vector<int32_t>{GARDU_INTERNAL});
  fake_.hold(GARDU_EXT_PUBLISH, false);
  EXPECT_EQ(fake_.run(), 1U);
  EXPECT_EQ(ends_, (std::vector<int32_t>{GARDU_INTERNAL, GARDU_OK}));
  EXPECT_FALSE(fake_.complete_publish());
  EXPECT_FALSE(fake_.complete_send());
  EXPECT_FALSE(fake_.complete_http({}));
}

TEST_F(Fake, APublishHasAResultForEach) {
  Publication message;
  message.type = GARDU_EVENT_MESSAGE_RECEIVED;
  message.peer = Peer{{{GARDU_IDENTITY_PHONE, "+62811"}}, "+62811", "Ayu", false};
  message.message = InboundMessage{};
  message.message->provider_message_id = "p1";
  std::string ids;
  const auto note = [&](int32_t, PublishResults results) {
    for (const auto& r : results)
      ids += std::to_string(r.flags) + (r.seq != 0 ? " seq" : "") +
             (r.message_id[0] != '\0' ? " message" : "") +
             (r.contact_id[0] != '\0' ? " contact" : "") + ";";
  };
  ASSERT_TRUE(host_.publish({message, Publication{}}, note).ok());
  fake_.run();
  EXPECT_EQ(ids, "0 seq message contact;0 seq;");
  EXPECT_EQ(fake_.published().at(0).peer->identities.at(0).value, "+62811");
  fake_.on_publish([](const Publication&) {
    gardu_publish_result r{};
    r.flags = GARDU_PUBLISH_DUPLICATE;
    return r;
  });
  ids.clear();
  ASSERT_TRUE(host_.publish({message}, note).ok());
  fake_.run();
  EXPECT_EQ(ids, "1;");
}

TEST_F(Fake, TimersFireInTheOrderOfTheirTimes) {
  std::string order;
  host_.after(Micros{20}, [&] { order += "c"; });
  host_.after(Micros{10}, [&] {
    order += "a";
    host_.after(Micros{0}, [&] { order += "b"; });
    EXPECT_TRUE(host_.post([&] { order += "p"; }).ok());
  });
  host_.after(Micros{30}, [&] { order += "d"; });
  const int64_t before = fake_.now();
  fake_.pass(Micros{25});
  EXPECT_EQ(order, "apbc");
  EXPECT_EQ(fake_.now(), before + 25);
  EXPECT_EQ(fake_.timers().at(0), 5);
}

TEST_F(Fake, SeriesAreNamedWithTheirLabels) {
  host_.counter("sent_total", "Sent.", R"(kind="text")").add(2);
  host_.counter("sent_total", "Sent.", R"(kind="text")").add();
  host_.counter("not a name", "Nothing.").add();
  EXPECT_EQ(fake_.metrics(), (std::map<std::string, int64_t>{{R"(sent_total{kind="text"})", 3}}));
}

TEST_F(Fake, MissingServicesAreNoted) {
  FakeHost poor;
  poor.without(GARDU_EXT_KV);
  const Host host(poor.table());
  EXPECT_THROW((void)host.kv(), Failure);
  EXPECT_EQ(poor.table().extension(poor.table().context, "gardu.teleport/7"), nullptr);
  EXPECT_EQ(poor.looked_up(), (std::vector<std::string>{GARDU_EXT_KV, "gardu.teleport/7"}));
}

TEST_F(Fake, OtherThreadsMayCallAndBeWaitedFor) {
  std::atomic<int> ended{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        host_.info("line");
        EXPECT_TRUE(host_.publish({Publication{}}, [&](int32_t, PublishResults) { ++ended; }).ok());
        EXPECT_TRUE(host_.post([&] { ++ended; }).ok());
        host_.after(Micros{1000}, [&] { ++ended; });
      }
    });
  EXPECT_TRUE(fake_.wait([&] { return ended == 400; }));
  for (std::thread& t : threads) t.join();
  fake_.pass(Micros{1000});
  EXPECT_EQ(ended, 600);
  EXPECT_EQ(fake_.logs().size(), 200U);
  EXPECT_FALSE(fake_.wait([] { return false; }, std::chrono::milliseconds(1)));
  // What is waited for may ask the host, also at the last look.
  EXPECT_FALSE(fake_.wait([&] { return fake_.logged("never"); }, std::chrono::milliseconds(1)));
}

TEST_F(Fake, WhatWasShownIsOverwrittenAfterwards) {
  const gardu_event* kept = nullptr;
  {
    const auto shown = fake_.show(testing::message_received("the text"));
    kept = shown.get();
    EXPECT_EQ(view(kept->message->text), "the text");
  }
  // Where a sanitizer watches it is freed instead, and reading it ends the test.
  if (testing::detail::kWatched) return;
  EXPECT_EQ(kept->type, 0x23232323U);
}

TEST(FakeRecords, ElementsOfATemporaryAreCopies) {
  FakeHost fake;
  const Host host(fake.table());
  host.warn("first");
  const auto& line = fake.logs().at(0);
  host.warn("second");
  EXPECT_EQ(line.text, "first");
  EXPECT_EQ(line.level, GARDU_LOG_WARN);
  EXPECT_THROW((void)fake.logs()[2], std::out_of_range);
}

TEST(FakeSha256, IsTheStandards) {
  using testing::detail::sha256;
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace gardu::sdk_test
