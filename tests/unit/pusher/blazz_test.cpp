// SPDX-License-Identifier: Apache-2.0
//
// The profile for the front ends of blazz.
#include "gateway/blazz.hpp"

#include "gateway_listener.hpp"

namespace gardu::pusher::testing {
namespace {

const std::string kMessage =
    R"({"message":{"id":"m1","contact_id":"c1","provider_message_id":"wamid.1","text":"é",)"
    R"("direction":"inbound","status":"received","created_at":"2026-11-21T03:50:40.123Z",)"
    R"("metadata":{"a":1}},"contact":{"id":"c1"}})";

const Json kValue{{"id", "m1"},
                  {"wam_id", "wamid.1"},
                  {"message", "é"},
                  {"type", "inbound"},
                  {"message_status", "received"},
                  {"created_at", "2026-11-21T03:50:40.123Z"},
                  {"from_me", false},
                  {"metadata", {{"a", 1}}},
                  {"contact_id", "c1"},
                  {"whatsapp_message_id", "wamid.1"}};

class BlazzTest : public GatewayListener {
 protected:
  void start_blazz() { start({{"profiles", {"gardu", "blazz"}}}); }
  static Json data_in(const Json& message) {
    return Json::parse(message["data"].get<std::string>());
  }
};

TEST_F(BlazzTest, AMessageOnBothChannels) {
  start_blazz();
  RawClient all = connected(), chat = connected(), own = connected();
  all.subscribe("chats.chw1");
  chat.subscribe("private-chat.c1");
  own.subscribe("private-workspace.w1");
  happen({.data = kMessage});
  const Json event = all.message();
  EXPECT_EQ(event["event"], "App\\Events\\NewChatEvent");
  EXPECT_EQ(data_in(event), (Json{{"chat", {{{"type", "chat"}, {"value", kValue}}}}}));
  const Json message = chat.message();
  EXPECT_EQ(message["event"], "new.message");
  Json value = kValue;
  value["seq"] = 1;
  EXPECT_EQ(data_in(message), value);
  EXPECT_EQ(own.message()["event"], "message.received");
}

TEST_F(BlazzTest, StatusesAndTyping) {
  start_blazz();
  RawClient chat = connected();
  chat.subscribe("private-chat.c1");
  happen({.type = GARDU_EVENT_MESSAGE_STATUS_UPDATED,
          .name = "message.status.updated",
          .data = R"({"message_id":"m1","status":"delivered"})"});
  const Json status{{"message_id", "m1"}, {"status", "delivered"}, {"ack_level", 2}, {"seq", 1}};
  for (const char* name : {"message.status.updated", "message.delivered"}) {
    const Json message = chat.message();
    EXPECT_EQ(message["event"], name);
    EXPECT_EQ(data_in(message), status);
  }
  happen({.type = GARDU_EVENT_MESSAGE_STATUS_UPDATED,
          .name = "message.status.updated",
          .data = R"({"message_id":"m1","status":"failed"})"});
  EXPECT_EQ(data_in(chat.message())["ack_level"], -1);
  for (const char* by : {"user-1", "contact"}) {
    Journaled typing{.type = GARDU_EVENT_TYPING_STARTED,
                     .name = "typing.started",
                     .data = Json{{"by", by}}.dump()};
    hand_over({typing.event()});
  }
  const Json message = chat.message();
  EXPECT_EQ(message["event"], "typing.indicator");
  EXPECT_EQ(data_in(message), (Json{{"contact_id", "c1"}, {"is_typing", true}}));
  happen({.data = kMessage});
  EXPECT_EQ(chat.message()["event"], "new.message");
}

TEST_F(BlazzTest, OffUntilConfigured) {
  start();
  host.may_follow = {"w1/c1/"};
  principal_is(GARDU_AUTH_VIEWER, "", "token");
  EXPECT_EQ(authorize_form("1.1", "private-chat.c1").status, 403);
  RawClient all = connected();
  all.subscribe("chats.chw1");
  all.subscribe("private-workspace.w1");
  happen({.data = kMessage});
  EXPECT_EQ(all.message()["event"], "message.received");
}

TEST_F(BlazzTest, AloneItSendsNothingElse) {
  start({{"profiles", {"blazz"}}});
  host.may_follow = {"w1//"};
  principal_is(GARDU_AUTH_OWNER, "", "token");
  EXPECT_EQ(authorize_form("1.1", "private-workspace.w1").status, 403);
  RawClient all = connected();
  all.subscribe("private-workspace.w1");
  all.subscribe("chats.chw1");
  happen({.data = kMessage});
  EXPECT_EQ(all.message()["event"], "App\\Events\\NewChatEvent");
}

TEST_F(BlazzTest, ContactsOfTheTokensWorkspace) {
  start_blazz();
  host.may_follow = {"w1/c1/", "w2/c2/"};
  principal_is(GARDU_AUTH_VIEWER, "", "token");
  EXPECT_EQ(authorize_form("1.1", "private-chat.c1").status, 200);
  EXPECT_EQ(authorize_form("1.1", "private-chat.c2").status, 403);
  EXPECT_EQ(authorize_form("1.1", "private-chat.").status, 403);
  EXPECT_EQ(authorize_form("1.1", "private-chat.c1.x").status, 403);
}

TEST_F(BlazzTest, ItsPrivateChannelIsRecovered) {
  start_blazz();
  host.may_follow = {"w1/c1/"};
  principal_is(GARDU_AUTH_VIEWER, "", "token");
  host.journal.add({.data = kMessage});
  host.journal.add({.data = kMessage, .contact = "c2"});
  host.journal.add({.type = GARDU_EVENT_MESSAGE_STATUS_UPDATED,
                    .name = "message.status.updated",
                    .data = R"({"message_id":"m1","status":"read"})"});
  RawClient client = connected();
  const Json answer = authorize_form(client.socket_id, "private-chat.c1", "&after_seq=0").json();
  client.say({{"event", "pusher:subscribe"},
              {"data",
               {{"channel", "private-chat.c1"},
                {"auth", answer["auth"]},
                {"channel_data", answer["channel_data"]}}}});
  EXPECT_EQ(client.message()["event"], "pusher_internal:subscription_succeeded");
  for (const char* name : {"new.message", "message.status.updated", "message.read"})
    EXPECT_EQ(client.message()["event"], name);
  happen({.data = kMessage});
  EXPECT_EQ(data_in(client.message())["seq"], 4);
}

}  // namespace
}  // namespace gardu::pusher::testing
