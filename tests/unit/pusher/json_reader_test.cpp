// SPDX-License-Identifier: Apache-2.0
//
// The reader of small messages understands what the JSON library understands, and nothing else.
#include "protocol/json_reader.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "protocol/bytes.hpp"

namespace gardu::pusher {
namespace {

bool valid(std::string_view text) {
  JsonReader reader(text);
  return reader.skip() && reader.at_end();
}

const char* const kSound[] = {
    "{}",
    " [ ] ",
    "\"\"",
    "null",
    "true",
    "false",
    "0",
    "-0.5e+10",
    "1E5",
    "123456789012345678901234567890",
    R"({"a":[1,{"b":"c"},null],"d":{"e":[]}})",
    R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00")",
    "\"gr\xC3\xBC\xC3\x9F\"",
    "[1 , 2\n]\t",
    R"({"a":1,"a":2})",
};

const char* const kBroken[] = {
    "",          "   ",         "{",           "}",           "[1,]",
    "[,1]",      "{\"a\"}",     "{a:1}",       "{\"a\":}",    "{\"a\":1,}",
    "[1 2]",     "[}",          "{]",          "nul",         "truee",
    "01",        "-",           "1.",          ".5",          "1e",
    "+1",        "0x1",         "\"",          "\"\\\"",      "\"\\x\"",
    "\"\\u12\"", "\"\\u12g4\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"",
    "\"a\nb\"",  "[1]]",        "{} x",        "'a'",         "[\"a\" \"b\"]",
};

TEST(JsonReaderTest, TakesWhatIsJson) {
  for (const std::string text : kSound) {
    EXPECT_TRUE(valid(text)) << text;
    std::string compact;
    JsonReader reader(text);
    ASSERT_TRUE(reader.compact(compact)) << text;
    EXPECT_EQ(nlohmann::json::parse(compact), nlohmann::json::parse(text));
    EXPECT_TRUE(valid(compact)) << compact;
  }
}

TEST(JsonReaderTest, RefusesWhatIsNot) {
  for (const std::string text : kBroken) {
    EXPECT_FALSE(valid(text)) << text;
    EXPECT_FALSE(nlohmann::json::accept(text)) << text;
  }
}

TEST(JsonReaderTest, EveryBeginningOfATextIsNone) {
  const std::string whole = R"({"a":[1.5e3,{"b":"c\u00e9\\"},null,true],"d":-2})";
  ASSERT_TRUE(valid(whole));
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(valid(whole.substr(0, size)));
}

TEST(JsonReaderTest, TextsWithoutTheirEscapes) {
  for (const std::string text :
       {R"("plain")", R"("\"\\\/\b\f\n\r\t")", R"("\u0000\u00e9\u20ac")", R"("a\ud83d\ude00z")"}) {
    JsonReader reader(text);
    std::string out;
    ASSERT_TRUE(reader.text(out));
    EXPECT_EQ(out, nlohmann::json::parse(text).get<std::string>());
    EXPECT_TRUE(reader.at_end());
  }
  std::string out;
  EXPECT_FALSE(JsonReader("1").text(out));
}

TEST(JsonReaderTest, CompactKeepsOrderAndNumbers) {
  JsonReader reader(R"( { "b" : 1.0 , "a" : [ 1e2 , " x " ] } )");
  std::string out;
  ASSERT_TRUE(reader.compact(out));
  EXPECT_EQ(out, R"({"b":1.0,"a":[1e2," x "]})");
}

TEST(JsonReaderTest, CompactLeavesTheRestAlone) {
  for (const std::string value : {"{\"a\":[1,\" \"]}", "[ 1]", "\"x y\"", "-1.5", "null"}) {
    const std::string text = "[" + value + " \n , 2]";
    JsonReader reader(text);
    std::string first, second;
    ASSERT_TRUE(reader.list([&] { return reader.compact(first.empty() ? first : second); }));
    EXPECT_EQ(first, value == "[ 1]" ? "[1]" : value);
    EXPECT_EQ(second, "2");
    EXPECT_TRUE(reader.at_end());
  }
}

// Wherever in the eight bytes that are looked at together.
TEST(JsonReaderTest, WhatEndsAPlainPieceIsFoundWhereItIs) {
  for (const char first : {'"', '\\', '\x1F', '\0'})
    for (const char then : {'!', '"', '#', ']', ' ', '\x7F', '\xC3', 'x'})
      for (size_t at = 0; at < 20; ++at) {
        std::string text(at, 'x');
        text += first;
        text.append(9, then);
        EXPECT_EQ(bytes::plain_json(text, 0), at) << int(first) << ' ' << int(then);
      }
}

TEST(JsonReaderTest, MembersOneByOne) {
  JsonReader reader(R"({"name":"x","list":[1,"two"],"more":{"deep":[]}})");
  std::string seen, text;
  ASSERT_TRUE(reader.object([&](std::string_view key) {
    seen += std::string(key) + ' ';
    if (key == "name") return reader.text(text);
    if (key != "list") return reader.skip();
    return reader.list([&] {
      seen += reader.kind() == JsonReader::Kind::text ? "text " : "other ";
      return reader.skip();
    });
  }));
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(seen, "name list other text more ");
  EXPECT_EQ(text, "x");
}

TEST(JsonReaderTest, NestedTooDeep) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(valid(nested(64)));
  EXPECT_FALSE(valid(nested(65)));
  EXPECT_FALSE(valid(std::string(1000000, '[')));
  EXPECT_TRUE(valid('[' + nested(60) + ',' + nested(60) + ']'));
}

}  // namespace
}  // namespace gardu::pusher
