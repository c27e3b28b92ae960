// SPDX-License-Identifier: Apache-2.0
//
// PublicationViews: owned publications as the ABI's structs.
#include <gtest/gtest.h>

#include <gardu/publication.hpp>

namespace gardu::sdk_test {
namespace {

Publication received() {
  Publication p;
  p.type = GARDU_EVENT_MESSAGE_RECEIVED;
  p.occurred_at = 1234567;
  p.account_id = "account";
  p.peer = Peer{{{GARDU_IDENTITY_PHONE, "+62811"}, {GARDU_IDENTITY_LID, "99@lid"}},
                "62811@c.us",
                "Ayu",
                true};
  p.message = InboundMessage{};
  p.message->type = GARDU_MESSAGE_IMAGE;
  p.message->direction = GARDU_OUTBOUND;
  p.message->forwarded = true;
  p.message->provider_message_id = "wamid.1";
  p.message->raw_id = "1";
  p.message->text = "caption";
  p.message->content = R"({"media":{}})";
  p.message->metadata = R"({"raw":1})";
  p.message->reply_to_provider_id = "wamid.0";
  p.message->sender_address = "62812@c.us";
  p.message->sender_name = "Budi";
  return p;
}

Publication status() {
  Publication p;
  p.type = GARDU_EVENT_MESSAGE_STATUS_UPDATED;
  p.status = InboundStatus{GARDU_STATUS_FAILED, "wamid.2",  "ours", "62813@c.us", "131047",
                           "Re-engagement",     "24 hours", true};
  return p;
}

TEST(Publications, AMessageAndItsPeer) {
  const std::vector<Publication> items{received()};
  const detail::PublicationViews views(items);
  ASSERT_EQ(views.size(), 1U);
  const gardu_publication& p = *views.data()[0];
  EXPECT_EQ(p.size, sizeof p);
  EXPECT_EQ(p.type, GARDU_EVENT_MESSAGE_RECEIVED);
  EXPECT_EQ(p.occurred_at, 1234567);
  EXPECT_EQ(view(p.account_id), "account");
  EXPECT_EQ(p.status, nullptr);

  ASSERT_NE(p.peer, nullptr);
  EXPECT_EQ(p.peer->size, sizeof *p.peer);
  ASSERT_EQ(p.peer->identity_count, 2U);
  EXPECT_EQ(p.peer->identities[1].kind, GARDU_IDENTITY_LID);
  EXPECT_EQ(view(p.peer->identities[1].value), "99@lid");
  EXPECT_EQ(view(p.peer->address), "62811@c.us");
  EXPECT_EQ(view(p.peer->name), "Ayu");
  EXPECT_EQ(p.peer->is_group, 1U);

  ASSERT_NE(p.message, nullptr);
  const gardu_inbound_message& m = *p.message;
  EXPECT_EQ(m.size, sizeof m);
  EXPECT_EQ(m.type, GARDU_MESSAGE_IMAGE);
  EXPECT_EQ(m.direction, GARDU_OUTBOUND);
  EXPECT_EQ(m.forwarded, 1U);
  EXPECT_EQ(view(m.provider_message_id), "wamid.1");
  EXPECT_EQ(view(m.raw_id), "1");
  EXPECT_EQ(view(m.text), "caption");
  EXPECT_EQ(view(m.content), R"({"media":{}})");
  EXPECT_EQ(view(m.metadata), R"({"raw":1})");
  EXPECT_EQ(view(m.reply_to_provider_id), "wamid.0");
  EXPECT_EQ(view(m.sender_address), "62812@c.us");
  EXPECT_EQ(view(m.sender_name), "Budi");
}

TEST(Publications, AStatus) {
  const std::vector<Publication> items{status()};
  const detail::PublicationViews views(items);
  const gardu_publication& p = *views.data()[0];
  EXPECT_EQ(p.peer, nullptr);
  EXPECT_EQ(p.message, nullptr);
  ASSERT_NE(p.status, nullptr);
  EXPECT_EQ(p.status->size, sizeof *p.status);
  EXPECT_EQ(p.status->status, GARDU_STATUS_FAILED);
  EXPECT_EQ(view(p.status->provider_message_id), "wamid.2");
  EXPECT_EQ(view(p.status->message_id), "ours");
  EXPECT_EQ(view(p.status->participant), "62813@c.us");
  EXPECT_EQ(view(p.status->error_code), "131047");
  EXPECT_EQ(view(p.status->error_title), "Re-engagement");
  EXPECT_EQ(view(p.status->error_detail), "24 hours");
  EXPECT_EQ(p.status->error_retryable, 1U);
}

TEST(Publications, ManyKeepTheirOwn) {
  std::vector<Publication> items;
  for (int i = 0; i < 100; ++i) {
    items.push_back(i % 2 == 0 ? received() : status());
    items.back().account_id = std::to_string(i);
    if (items.back().message) items.back().message->text = "text " + std::to_string(i);
  }
  const detail::PublicationViews views(items);
  ASSERT_EQ(views.size(), 100U);
  for (std::uint32_t i = 0; i < 100; ++i) {
    const gardu_publication& p = *views.data()[i];
    EXPECT_EQ(view(p.account_id), std::to_string(i));
    ASSERT_EQ(p.message != nullptr, i % 2 == 0);
    if (p.message != nullptr) {
      EXPECT_EQ(view(p.message->text), "text " + std::to_string(i));
      EXPECT_EQ(view(p.peer->identities[0].value), "+62811");
    }
  }
}

TEST(Publications, NoneIsNone) {
  const detail::PublicationViews views({});
  EXPECT_EQ(views.size(), 0U);
}

}  // namespace
}  // namespace gardu::sdk_test
