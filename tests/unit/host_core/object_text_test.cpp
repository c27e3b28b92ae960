// SPDX-License-Identifier: Apache-2.0
// The text of an object says what its JSON value says, whatever the columns hold.
#include "event/object_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "event/json.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

storage::Message plain_message() {
  storage::Message m;
  m.id = "m";
  m.workspace_id = "w";
  m.account_id = "a";
  m.contact_id = "c";
  m.direction = "inbound";
  m.type = "text";
  m.status = "received";
  m.created_at = 1'767'225'600'123;
  return m;
}

storage::Message full_message() {
  storage::Message m = plain_message();
  m.client_ref = "r";
  m.provider_message_id = "wamid.1";
  m.sender = R"({"address":"62811","name":"A \"B\""})";
  m.text = "quote \" slash \\ line\nreturn\r tab\t bell\x07 delete\x7f \xF0\x9F\x98\x80 </script>";
  m.content = R"({"media":{"id":"x","n":1.5},"unknown":1,"location":{"latitude":-6.2}})";
  m.reply_to_provider_id = "wamid.0";
  m.forwarded = true;
  m.error = R"({"code":"131026"})";
  m.sent_by = R"({"kind":"contact","id":"c"})";
  m.metadata = "{\n  \"raw\": [1, 2, {\"a\": null}]\r\n}";
  m.sent_at = m.delivered_at = m.read_at = m.edited_at = m.deleted_at = 1'767'225'601'000;
  return m;
}

void expect_same(const storage::Message& m) {
  const std::string text = message_text(m);
  EXPECT_EQ(text.find_first_of("\r\n"), std::string::npos) << text;
  EXPECT_EQ(json::parse(text),
            json::parse(message_json(m).dump(-1, ' ', false, json::error_handler_t::replace)));
}

TEST(ObjectText, SaysOfAMessageWhatItsJsonSays) {
  expect_same(plain_message());
  expect_same(full_message());
}

TEST(ObjectText, TakesWhatIsNoJsonOrNoTextAsJsonDoes) {
  for (const char* column : {"", "{", "no", "[1,2]", "null", "\"s\"", "{\"a\":\"\xff\"}", "{} x"}) {
    storage::Message m = full_message();
    m.sender = m.content = m.error = m.sent_by = m.metadata = column;
    expect_same(m);
  }
  for (const char* text : {"\xff", "a\xC3", "\xED\xA0\x80", "\xC0\x80", "ok"}) {
    storage::Message m = full_message();
    m.text = text;
    expect_same(m);
  }
}

TEST(ObjectText, SaysOfAContactWhatItsJsonSays) {
  storage::Contact c;
  c.id = "c";
  c.workspace_id = "w";
  c.account_id = "a";
  c.address = "62811";
  EXPECT_EQ(json::parse(contact_text(c)), contact_json(c));
  c.phone = "+62811";
  c.name = "Name \"N\"";
  c.profile_picture_url = "https://example.org/p.png";
  c.labels = R"(["a","b\n"])";
  c.custom_fields = R"({ "x" : {"y": [true]} })";
  c.last_message_at = 1'767'225'600'000;
  c.unread = 3;
  c.archived = c.is_group = true;
  c.assigned_to = "u";
  c.identities = {{"phone", "+62811"}, {"lid", "1@lid"}};
  EXPECT_EQ(json::parse(contact_text(c)), contact_json(c));
}

}  // namespace
}  // namespace gardu::host
