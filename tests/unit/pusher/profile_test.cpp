// SPDX-License-Identifier: Apache-2.0
//
// Which channels carry which events, and with what data.
#include "gateway/profile.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway_event.hpp"

namespace gardu::pusher {
namespace {

using Names = std::vector<std::string>;
using testing::gateway_event;

Names channels(gardu_event_type type) {
  const gardu_event e = gateway_event(type, "x", "{}");
  return channels_of(EventView{e});
}

TEST(Profile, ChannelsByType) {
  const std::string w = "private-workspace.w1";
  for (const auto type :
       {GARDU_EVENT_MESSAGE_RECEIVED, GARDU_EVENT_MESSAGE_SENT, GARDU_EVENT_MESSAGE_STATUS_UPDATED,
        GARDU_EVENT_MESSAGE_UPDATED, GARDU_EVENT_MESSAGE_DELETED, GARDU_EVENT_MESSAGE_REACTION,
        GARDU_EVENT_CONVERSATION_UPDATED, GARDU_EVENT_CONTACT_PRESENCE})
    EXPECT_EQ(channels(type), (Names{w, w + ".chat.c1"})) << type;
  for (const auto type : {GARDU_EVENT_TYPING_STARTED, GARDU_EVENT_TYPING_STOPPED})
    EXPECT_EQ(channels(type), (Names{w + ".chat.c1", w + ".typing.c1"}));
  for (const auto type :
       {GARDU_EVENT_CONTACT_CREATED, GARDU_EVENT_CONTACT_UPDATED, GARDU_EVENT_ACCOUNT_HEALTH,
        GARDU_EVENT_TEMPLATE_STATUS, GARDU_EVENT_OTHER})
    EXPECT_EQ(channels(type), Names{w}) << type;
  EXPECT_EQ(channels(GARDU_EVENT_ACCOUNT_STATUS), (Names{w, w + ".session.a1"}));
  EXPECT_EQ(channels(GARDU_EVENT_ACCOUNT_QR), Names{w + ".session.a1"});
  EXPECT_EQ(channels(GARDU_EVENT_PLUGIN_STATUS), Names{});
  gardu_event newer = gateway_event(GARDU_EVENT_PLUGIN_STATUS, "x", "{}");
  newer.type = 60;
  EXPECT_EQ(channels_of(EventView{newer}), Names{});
}

TEST(Profile, WithoutContactOnlyTheWorkspaceHears) {
  gardu_event e = gateway_event(GARDU_EVENT_MESSAGE_RECEIVED, "message.received", "{}");
  e.contact_id = {};
  EXPECT_EQ(channels_of(EventView{e}), Names{"private-workspace.w1"});
  e.workspace_id = {};
  EXPECT_EQ(channels_of(EventView{e}), Names{});
}

TEST(Profile, DataGetsItsPlaceInTheJournal) {
  const auto data = [](std::string_view text) {
    const gardu_event e = gateway_event(GARDU_EVENT_MESSAGE_RECEIVED, "x", text);
    return data_of(EventView{e});
  };
  EXPECT_EQ(data(R"({"message":{"id":"m"}})"), R"({"message":{"id":"m"},"seq":42,"id":"0199-id",)"
                                               R"("occurred_at":"2025-11-21T03:50:40.123Z"})");
  for (const char* empty : {"{}", " { } ", "", "null", "}"})
    EXPECT_EQ(data(empty), R"({"seq":42,"id":"0199-id","occurred_at":"2025-11-21T03:50:40.123Z"})")
        << empty;
}

TEST(Profile, EphemeralEventsHaveNoPlace) {
  gardu_event e = gateway_event(GARDU_EVENT_TYPING_STARTED, "typing.started", "{}");
  e.seq = 0;
  e.flags = GARDU_EVENT_EPHEMERAL;
  e.occurred_at = -1;
  const auto json = nlohmann::json::parse(data_of(EventView{e}));
  EXPECT_TRUE(json["seq"].is_null());
  EXPECT_EQ(json["occurred_at"], "1969-12-31T23:59:59.999Z");
}

TEST(Profile, ChannelNamesTakenApart) {
  const auto whole = parse_gateway_channel("private-workspace.w1");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->workspace_id, "w1");
  EXPECT_EQ(parse_gateway_channel("private-workspace.w1.chat.c1")->contact_id, "c1");
  EXPECT_EQ(parse_gateway_channel("private-workspace.w1.typing.c1")->contact_id, "c1");
  EXPECT_EQ(parse_gateway_channel("private-workspace.w1.session.a1")->account_id, "a1");
  for (const char* other :
       {"private-workspace.", "private-workspace..chat.c", "private-workspace.w.chat",
        "private-workspace.w.chat.", "private-workspace.w.chat.c.d", "private-workspace.w.x.c",
        "private-chat.c1", "workspace.w", "presence-workspace.w", "presence-workspace.w.x",
        "presence-workspace..presence", "presence-workspace.w.presence.x"})
    EXPECT_FALSE(parse_gateway_channel(other)) << other;
  EXPECT_EQ(parse_gateway_channel("presence-workspace.w.presence")->kind,
            GatewayChannel::Kind::presence);
  EXPECT_FALSE(parse_gateway_channel("private-workspace.w1", {.gardu = false, .blazz = true}));
}

// Or a replay would look for less than what went by live.
TEST(Profile, TheJournalIsAskedForAllThatAChannelCarries) {
  for (const char* name : {"private-workspace.w1", "private-workspace.w1.chat.c1",
                           "private-workspace.w1.session.a1", "private-chat.c1"}) {
    const Profiles both{.gardu = true, .blazz = true};
    const EventMask types = journaled_types(parse_gateway_channel(name, both)->kind);
    for (uint32_t type = 0; type < 30; ++type) {
      if (type == GARDU_EVENT_TYPING_STARTED || type == GARDU_EVENT_TYPING_STOPPED) continue;
      gardu_event e = gateway_event(GARDU_EVENT_OTHER, "x", "{}");
      e.type = type;
      bool carried = false;
      for (const Broadcast& b : broadcasts_of(EventView{e}, both)) carried |= b.channel == name;
      EXPECT_EQ((types >> type) & 1U, carried ? 1U : 0U) << name << ' ' << type;
    }
  }
}

}  // namespace
}  // namespace gardu::pusher
