// SPDX-License-Identifier: Apache-2.0
//
// Bodies of sends.
#include "body.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gardu::meta_cloud {
namespace {

using Json = nlohmann::json;

Letter letter(uint32_t type, std::string_view content, std::string_view text = {}) {
  Letter l;
  l.type = type;
  l.to = "6281234500001";
  l.content = content;
  l.text = text;
  return l;
}

// What belongs to the type alone.
Json body_of(const Letter& l) {
  const auto body = build_body(l);
  if (!body) return body.status().message();
  Json j = Json::parse(*body);
  EXPECT_EQ(j.at("messaging_product"), "whatsapp");
  j.erase("messaging_product");
  j.erase("recipient_type");
  j.erase("to");
  return j;
}

int32_t code_of_body(const Letter& l) { return build_body(l).status().code(); }

TEST(Body, OfEachType) {
  const struct {
    uint32_t type;
    const char *content, *text, *expected;
  } kCases[] = {
      {GARDU_MESSAGE_TEXT, "", "Halo", R"({"type":"text","text":{"body":"Halo"}})"},
      {GARDU_MESSAGE_TEXT, "{}", "see https://a.b",
       R"({"type":"text","text":{"body":"see https://a.b","preview_url":true}})"},
      {GARDU_MESSAGE_IMAGE, R"({"media":{"link":"https://a.b/c.jpg"}})", "cap",
       R"({"type":"image","image":{"link":"https://a.b/c.jpg","caption":"cap"}})"},
      {GARDU_MESSAGE_IMAGE, R"({"media":{"provider_id":"9","url":"https://x","caption":"c"}})", "",
       R"({"type":"image","image":{"id":"9","caption":"c"}})"},
      {GARDU_MESSAGE_VIDEO, R"({"media":{"provider_id":9}})", "",
       R"({"type":"video","video":{"id":"9"}})"},
      {GARDU_MESSAGE_AUDIO, R"({"media":{"url":"https://a.b/c.mp3"}})", "",
       R"({"type":"audio","audio":{"link":"https://a.b/c.mp3"}})"},
      {GARDU_MESSAGE_VOICE, R"({"media":{"provider_id":"9"}})", "",
       R"({"type":"audio","audio":{"id":"9","voice":true}})"},
      {GARDU_MESSAGE_DOCUMENT, R"({"media":{"provider_id":"9","file_name":"a.pdf"}})", "cap",
       R"({"type":"document","document":{"id":"9","caption":"cap","filename":"a.pdf"}})"},
      {GARDU_MESSAGE_STICKER, R"({"media":{"provider_id":"9"}})", "",
       R"({"type":"sticker","sticker":{"id":"9"}})"},
      {GARDU_MESSAGE_LOCATION,
       R"({"location":{"latitude":-6.5,"longitude":106,"name":"M","url":"x"}})", "",
       R"({"type":"location","location":{"latitude":-6.5,"longitude":106,"name":"M"}})"},
      {GARDU_MESSAGE_CONTACTS, R"({"contacts":[{"name":{"formatted_name":"Ayu"}}]})", "",
       R"({"type":"contacts","contacts":[{"name":{"formatted_name":"Ayu"}}]})"},
      {GARDU_MESSAGE_INTERACTIVE, R"({"interactive":{"type":"button","action":{"buttons":[]}}})",
       "Pilih",
       R"({"type":"interactive","interactive":{"type":"button","action":{"buttons":[]},"body":{"text":"Pilih"}}})"},
      {GARDU_MESSAGE_TEMPLATE, R"({"template":{"name":"t","language":"id","components":[]}})", "",
       R"({"type":"template","template":{"name":"t","language":{"code":"id"}}})"},
      {GARDU_MESSAGE_TEMPLATE,
       R"({"template":{"name":"t","language":{"code":"id","policy":"deterministic"},"components":[{"type":"body"}]}})",
       "",
       R"({"type":"template","template":{"name":"t","language":{"code":"id","policy":"deterministic"},"components":[{"type":"body"}]}})"},
      {GARDU_MESSAGE_REACTION, R"({"reaction":{"message_id":"wamid.Q","emoji":"+"}})", "",
       R"({"type":"reaction","reaction":{"message_id":"wamid.Q","emoji":"+"}})"},
      {GARDU_MESSAGE_REACTION, R"({"reaction":{"message_id":"wamid.Q"}})", "",
       R"({"type":"reaction","reaction":{"message_id":"wamid.Q","emoji":""}})"},
  };
  for (const auto& c : kCases)
    EXPECT_EQ(body_of(letter(c.type, c.content, c.text)), Json::parse(c.expected)) << c.expected;
}

TEST(Body, RefusesWhatMetaWould) {
  const std::string long_text(4097, 'x'), long_caption(1025, 'x');
  const struct {
    uint32_t type;
    const char* content;
    std::string_view text;
  } kCases[] = {
      {GARDU_MESSAGE_TEXT, "", ""},
      {GARDU_MESSAGE_TEXT, "", long_text},
      {GARDU_MESSAGE_TEXT, "", "\xFF"},
      {GARDU_MESSAGE_TEXT, "[]", "x"},
      {GARDU_MESSAGE_TEXT, "{", "x"},
      {GARDU_MESSAGE_IMAGE, "", ""},
      {GARDU_MESSAGE_IMAGE, R"({"media":{"link":"file:///etc/passwd"}})", ""},
      {GARDU_MESSAGE_IMAGE, R"({"media":{"provider_id":"1"}})", long_caption},
      {GARDU_MESSAGE_AUDIO, R"({"media":{"provider_id":"1"}})", "caption"},
      {GARDU_MESSAGE_STICKER, R"({"media":{"provider_id":"1"}})", "caption"},
      {GARDU_MESSAGE_LOCATION, R"({"location":{"latitude":"1","longitude":2}})", ""},
      {GARDU_MESSAGE_CONTACTS, R"({"contacts":[]})", ""},
      {GARDU_MESSAGE_CONTACTS, R"({"contacts":[{"name":"x"}]})", ""},
      {GARDU_MESSAGE_INTERACTIVE, R"({"interactive":{"type":"button"}})", ""},
      {GARDU_MESSAGE_INTERACTIVE, R"({"interactive":{"type":"button","action":{}}})", long_caption},
      {GARDU_MESSAGE_TEMPLATE, R"({"template":{"name":"x"}})", ""},
      {GARDU_MESSAGE_TEMPLATE, R"({"template":{"name":"x","language":{}}})", ""},
      {GARDU_MESSAGE_TEMPLATE, R"({"template":"x"})", ""},
      {GARDU_MESSAGE_REACTION, "{}", ""},
  };
  for (const auto& c : kCases)
    EXPECT_EQ(code_of_body(letter(c.type, c.content, c.text)), GARDU_INVALID)
        << c.type << " " << c.content;
  for (const uint32_t type : {GARDU_MESSAGE_UNSUPPORTED, GARDU_MESSAGE_POLL, GARDU_MESSAGE_SYSTEM})
    EXPECT_EQ(code_of_body(letter(type, "", "x")), GARDU_UNSUPPORTED) << type;
}

TEST(Body, CountsCharactersNotBytes) {
  std::string text;
  for (int i = 0; i < 4096; ++i) text += "\xF0\x9F\x98\x80";
  EXPECT_EQ(code_of_body(letter(GARDU_MESSAGE_TEXT, "", text)), GARDU_OK);
  text += "x";
  EXPECT_EQ(code_of_body(letter(GARDU_MESSAGE_TEXT, "", text)), GARDU_INVALID);
}

TEST(Body, CarriesReplyAndReference) {
  Letter l = letter(GARDU_MESSAGE_TEXT, "", "x");
  l.reply_to_provider_id = "wamid.Q";
  l.message_id = "0199aaaa-bbbb-7ccc-8ddd-0123456789ab";
  Json j = body_of(l);
  EXPECT_EQ(j.at("context"), Json::parse(R"({"message_id":"wamid.Q"})"));
  EXPECT_EQ(j.at("biz_opaque_callback_data"), l.message_id);
  l.type = GARDU_MESSAGE_REACTION;  // the quoted message is its target, not its context
  l.text = "";
  l.content = R"({"reaction":{"message_id":"our-own","emoji":"x"}})";
  j = body_of(l);
  EXPECT_FALSE(j.contains("context"));
  EXPECT_EQ(j.at("reaction").at("message_id"), "wamid.Q");
}

TEST(Body, AddressesPeopleAndGroups) {
  const auto address = [](std::string_view to, std::vector<std::string_view> phones,
                          std::vector<std::string_view> bsuids, bool group = false) {
    Letter l;
    l.text = "x";
    l.to = to;
    l.phones = std::move(phones);
    l.bsuids = std::move(bsuids);
    l.in_group = group;
    const auto body = build_body(l);
    if (!body) return std::to_string(body.status().code());
    const Json j = Json::parse(*body);
    return j.value("recipient_type", "") + " " + j.value("to", "-") + " " +
           j.value("recipient", "-");
  };
  EXPECT_EQ(address("+628123", {}, {}), "individual 628123 -");
  EXPECT_EQ(address("628123", {"+1"}, {"ID.u1"}), "individual 628123 -");
  EXPECT_EQ(address("ID.u1", {"+1"}, {}), "individual - ID.u1");
  EXPECT_EQ(address("ID.ENT.u1", {}, {}), "individual - ID.ENT.u1");
  EXPECT_EQ(address("unknown", {"+628123"}, {"ID.u1"}), "individual 628123 -");
  EXPECT_EQ(address("unknown", {}, {"ID.u1"}), "individual - ID.u1");
  EXPECT_EQ(address("Y2Fw", {}, {}, true), "group Y2Fw -");
  EXPECT_EQ(address("unknown", {}, {}), std::to_string(GARDU_INVALID));
  EXPECT_EQ(address("", {}, {}), std::to_string(GARDU_INVALID));
  EXPECT_EQ(address("", {}, {}, true), std::to_string(GARDU_INVALID));
}

}  // namespace
}  // namespace gardu::meta_cloud
