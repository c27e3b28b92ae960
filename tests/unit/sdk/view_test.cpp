// SPDX-License-Identifier: Apache-2.0
//
// Events as plugins see them: views, events that are kept, and the reply to a message.
#include <gtest/gtest.h>

#include <gardu/event.hpp>
#include <gardu/testing/fake_host.hpp>
#include <utility>

namespace gardu::sdk_test {
namespace {

TEST(Views, EmptyTextsAreEmptyWhateverTheirPointer) {
  EXPECT_EQ(view(gardu_str{nullptr, 0}), "");
  EXPECT_EQ(view(str("abc")), "abc");
}

TEST(Views, AnEventWithoutMessageOrContactSaysSo) {
  gardu_event raw{};
  raw.size = sizeof raw;
  raw.type = 60;  // of a later minor
  raw.flags = GARDU_EVENT_EPHEMERAL;
  const EventView event(raw);
  EXPECT_FALSE(event.has_message());
  EXPECT_FALSE(event.has_contact());
  EXPECT_TRUE(event.ephemeral());
  EXPECT_EQ(event.type(), 60U);
  EXPECT_EQ(event.data(), "");
}

TEST(Views, AReplyGoesToTheConversationAndQuotes) {
  gardu_message raw{};
  raw.size = sizeof raw;
  raw.id = str("message");
  raw.workspace_id = str("workspace");
  raw.contact_id = str("contact");
  raw.direction = GARDU_INBOUND;
  const MessageView message(raw);
  EXPECT_TRUE(message.inbound());
  const OutgoingMessage reply = message.reply("pong");
  EXPECT_EQ(reply.type, GARDU_MESSAGE_TEXT);
  EXPECT_EQ(reply.text, "pong");
  EXPECT_EQ(reply.workspace_id, "workspace");
  EXPECT_EQ(reply.contact_id, "contact");
  EXPECT_EQ(reply.reply_to, "message");
}

TEST(Views, EveryRetainHasItsRelease) {
  testing::FakeHost host;
  testing::FakeEvent seventh = testing::message_received("hello");
  seventh.seq = 7;
  {
    auto shown = host.show(seventh);
    Event first(host.table(), EventView(*shown));
    shown.reset();  // the call that showed it is over
    EXPECT_EQ(host.retained(), 1U);
    Event copy(first);
    EXPECT_EQ(host.retained(), 2U);
    Event moved(std::move(copy));
    EXPECT_EQ(host.retained(), 2U);
    first = moved;
    EXPECT_EQ(host.retained(), 2U);
    first = std::move(moved);
    EXPECT_EQ(host.retained(), 1U);
    EXPECT_EQ((*first).seq(), 7);
  }
  EXPECT_EQ(host.retained(), 0U);
  EXPECT_EQ(host.fault_text(), "");
}

TEST(Views, MasksAreBitsOfTheTypes) {
  EXPECT_EQ(events::message_received, 2U);
  EXPECT_EQ(events::typing, (std::uint64_t{1} << 7) | (std::uint64_t{1} << 8));
  EXPECT_EQ(events::all, ~std::uint64_t{0});
}

}  // namespace
}  // namespace gardu::sdk_test
