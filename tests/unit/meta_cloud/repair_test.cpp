// SPDX-License-Identifier: Apache-2.0
//
// Reading JSON that is not quite.
#include "repair.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "json.hpp"

namespace gardu::meta_cloud {
namespace {

const std::string kMark{kBadText};

TEST(Repair, LeavesGoodTextAlone) {
  for (const char* good :
       {R"({"a":"\u00e9\ud83d\ude00 \\ \" \n"})", "[1,2]", "{\"\u00e9\":\"\U0001F600\"}"})
    EXPECT_EQ(repair(good), good);
}

TEST(Repair, MarksWhatIsNoText) {
  EXPECT_EQ(repair("\"a\xFFz\""), "\"a" + kMark + "z\"");
  EXPECT_EQ(repair("\"\xC0\xAF\""), "\"" + kMark + kMark + "\"");              // overlong
  EXPECT_EQ(repair("\"\xED\xA0\x80\""), "\"" + kMark + kMark + kMark + "\"");  // half a pair
  EXPECT_EQ(repair("\"\\ud83d\""), "\"" + kMark + "\"");
  EXPECT_EQ(repair("\"\\ude00x\""), "\"" + kMark + "x\"");
  EXPECT_EQ(repair("\"\\ud83d\\u0041\""), "\"" + kMark + "\\u0041\"");
  EXPECT_EQ(repair("\"a\nb\"\n"), "\"a" + kMark + "b\"\n");
  EXPECT_EQ(repair("\"\\"), "\"\\");
  EXPECT_EQ(repair("[1e999,-5,1e3]"), "[\"" + kMark + "\",-5,1e3]");
}

TEST(Repair, MeasuresNesting) {
  EXPECT_EQ(nesting_of(""), 0);
  EXPECT_EQ(nesting_of("{\"a\":[[1],\"[[[[\\\"[\"]}"), 3);
}

TEST(Document, CutsWhatIsTooDeep) {
  const std::string deep = std::string(500'000, '[') + std::string(500'000, ']');
  const auto document = parse_document("{\"a\":1,\"b\":" + deep + "}");
  ASSERT_TRUE(document);
  EXPECT_TRUE(document->cut);
  EXPECT_EQ(depth_of(*document->value), kMaxDepth);
  EXPECT_EQ(id_of(member(*document->value, "a")), "1");
}

TEST(Document, IsEmptyForWhatIsNoJson) {
  for (const char* bad : {"", "{", "nope", "{\"a\":}", "[1,]", "{} x", "\xFF", "{\"a\":\"\\x\"}"})
    EXPECT_FALSE(parse_document(bad)) << bad;
}

TEST(Json, ReadsLeniently) {
  const Json j = Json::parse(R"({"s":"x","n":12,"f":1.5,"t":true,"z":null,"a":[1]})");
  EXPECT_EQ(id_of(member(j, "s")), "x");
  EXPECT_EQ(id_of(member(j, "n")), "12");
  EXPECT_EQ(id_of(member(j, "f")), "");
  EXPECT_EQ(text_of(member(j, "n")), "");
  EXPECT_TRUE(is_true(member(j, "t")));
  EXPECT_FALSE(is_true(member(j, "s")));
  EXPECT_EQ(member(j, "none"), nullptr);
  EXPECT_EQ(member(member(j, "a"), "x"), nullptr);
}

TEST(Json, ReadsTimes) {
  const auto micros = [](const char* text) {
    const Json j = Json::parse(text);
    return micros_of(&j);
  };
  EXPECT_EQ(micros("\"1739321024\""), 1739321024000000);
  EXPECT_EQ(micros("1739321024"), 1739321024000000);
  EXPECT_EQ(micros("\"1739321024123\""), 1739321024123000);
  EXPECT_EQ(micros("1739321024123"), 1739321024123000);
  for (const char* bad : {"\"\"", "\"x\"", "\"12x\"", "-5", "0", "1e300", "null", "{}", "\"9e99\"",
                          "\"99999999999999999999\""})
    EXPECT_EQ(micros(bad), 0) << bad;
  EXPECT_EQ(micros_of(nullptr), 0);
}

}  // namespace
}  // namespace gardu::meta_cloud
