// SPDX-License-Identifier: Apache-2.0
//
// Signatures against published vectors, and what each check refuses.
#include "protocol/signature.hpp"

#include <gtest/gtest.h>

#include "listener.hpp"

namespace gardu::pusher {
namespace {

using testing::kKey;
using testing::kSecret;
using testing::signed_target;

const std::vector<KeyPair> kPairs{{std::string(kKey), std::string(kSecret)}};
constexpr int64_t kThen = 1353088179;
constexpr std::string_view kBody =
    R"({"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"})";

std::string check(std::string_view method, std::string_view target, std::string_view body = {},
                  int64_t now = kThen, std::string_view prefix = {}) {
  const size_t mark = target.find('?');
  return verify_request({method, target.substr(0, mark), target.substr(mark + 1), body, prefix},
                        kPairs, now);
}

std::string vector_query(const std::string& signature, const std::string& more) {
  return "?auth_key=" + std::string(kKey) + "&auth_timestamp=1353088179&auth_version=1.0&" + more +
         "&auth_signature=" + signature;
}

TEST(ChannelSignature, PublishedVectors) {
  EXPECT_EQ(
      sign_channel(kPairs[0], "1234.1234", "private-foobar"),
      std::string(kKey) + ":58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4");
  const std::string data = R"({"user_id":10,"user_info":{"name":"Mr. Channels"}})";
  EXPECT_TRUE(verify_channel(
      kPairs,
      std::string(kKey) + ":31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80",
      "1234.1234", "presence-foobar", data));
}

TEST(ChannelSignature, RefusesWhatIsNotSigned) {
  const std::string good = sign_channel(kPairs[0], "1.1", "private-a");
  EXPECT_TRUE(verify_channel(kPairs, good, "1.1", "private-a", std::nullopt));
  EXPECT_FALSE(verify_channel(kPairs, good, "1.2", "private-a", std::nullopt));
  EXPECT_FALSE(verify_channel(kPairs, good, "1.1", "private-b", std::nullopt));
  EXPECT_FALSE(verify_channel(kPairs, good, "1.1", "private-a", "{}"));
  EXPECT_FALSE(verify_channel(kPairs, "other" + good, "1.1", "private-a", std::nullopt));
  EXPECT_FALSE(verify_channel(kPairs, "", "1.1", "private-a", std::nullopt));
  EXPECT_FALSE(verify_channel(kPairs, "::::", "1.1", "private-a", std::nullopt));
}

TEST(ChannelSignature, AnyKeyOfTheAppWillDo) {
  std::vector<KeyPair> keys = kPairs;
  keys.push_back({"new", "secret"});
  EXPECT_TRUE(verify_channel(keys, sign_channel(keys[1], "1.1", "private-a"), "1.1", "private-a",
                             std::nullopt));
}

// RFC 4231, test cases 1, 2 and 6: with keys in turn, short ones and one that is hashed itself.
TEST(ChannelSignature, EachKeyItsOwn) {
  const std::string bytes(20, '\x0b'), large(131, '\xaa');
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(hmac_sha256_hex(bytes, "Hi There"),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hmac_sha256_hex("Jefe", {"what do ya want ", "for nothing?"}),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hmac_sha256_hex(large, "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  }
}

TEST(RequestSignature, PublishedVectors) {
  EXPECT_EQ(
      check("POST",
            "/apps/3/events" +
                vector_query("da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c",
                             "body_md5=ec365a775a4cd0599faeb73354201b6f"),
            kBody),
      "");
  EXPECT_EQ(check("GET", "/apps/3/channels" +
                             vector_query(
                                 "16819168891cb5dfd72b5c7a5d3d602605b26c6ba1930033b5e2eeeb65010291",
                                 "filter_by_prefix=presence-&info=user_count")),
            "");
  EXPECT_EQ(
      check("POST",
            "/apps/3/users/u-1/terminate_connections" +
                vector_query("7c997da6925b3a3f458062d931c8c6a6a312be47e26f975d96c44c3cf9739747",
                             "body_md5=99914b932bd37a50b983c5e7c90ae93b"),
            "{}"),
      "");
}

TEST(RequestSignature, TimestampsOfTenMinutes) {
  const std::string target = signed_target("GET", "/apps/3/channels", {}, {}, kThen);
  EXPECT_EQ(check("GET", target, {}, kThen + 600), "");
  EXPECT_EQ(check("GET", target, {}, kThen - 600), "");
  EXPECT_NE(check("GET", target, {}, kThen + 601), "");
  EXPECT_NE(check("GET", target, {}, kThen - 601), "");
}

TEST(RequestSignature, TheBodyIsTheOneThatWasSigned) {
  const std::string target = signed_target("POST", "/apps/3/events", "{}", {}, kThen);
  EXPECT_EQ(check("POST", target, "{}"), "");
  EXPECT_NE(check("POST", target, "[]"), "");
  EXPECT_NE(check("POST", target, ""), "");
  EXPECT_NE(check("POST", signed_target("POST", "/apps/3/events", {}, {}, kThen), "{}"), "");
  const std::string of_nothing = "body_md5=d41d8cd98f00b204e9800998ecf8427e";
  EXPECT_EQ(check("POST", signed_target("POST", "/apps/3/events", {}, of_nothing, kThen)), "");
}

TEST(RequestSignature, KeyVersionMethodAndPathCount) {
  const std::string target = signed_target("GET", "/apps/3/channels", {}, {}, kThen);
  EXPECT_NE(check("POST", target), "");
  EXPECT_NE(check("GET", "/apps/4" + target.substr(7)), "");
  EXPECT_EQ(check("GET", "/apps/3/channels?auth_key=nobody"), "auth_key is not a key of this app");
  std::string old = target;
  EXPECT_NE(check("GET", old.replace(old.find("version=1.0"), 11, "version=1.1")), "");
}

TEST(RequestSignature, MountedUnderAPrefix) {
  const std::string signed_without = signed_target("GET", "/apps/3/channels", {}, {}, kThen);
  EXPECT_EQ(check("GET", "/ws" + signed_without, {}, kThen, "/ws"), "");
  EXPECT_EQ(
      check("GET", signed_target("GET", "/ws/apps/3/channels", {}, {}, kThen), {}, kThen, "/ws"),
      "");
}

// What is sent, and what the library signed for it.
std::string sent_as(const std::string& sent, const std::string& signed_text) {
  const std::string base =
      "auth_key=" + std::string(kKey) + "&auth_timestamp=1353088179&auth_version=1.0";
  return "/apps/3/channels?" + base + '&' + sent + "&auth_signature=" +
         hmac_sha256_hex(kSecret, "GET\n/apps/3/channels\n" + base + '&' + signed_text);
}

TEST(RequestSignature, ReadingsOfTheQuery) {
  EXPECT_EQ(check("GET", sent_as("filter_by_prefix=a%2Cb", "filter_by_prefix=a,b")), "");
  EXPECT_EQ(check("GET", sent_as("filter_by_prefix=a+b", "filter_by_prefix=a+b")), "");
  EXPECT_EQ(check("GET", sent_as("filter_by_prefix=a+b", "filter_by_prefix=a b")), "");
  EXPECT_EQ(check("GET", sent_as("channels[]=a&channels[]=b", "channels=a,b")), "");
  EXPECT_EQ(check("GET", sent_as("channels%5B0%5D=a&channels%5B1%5D=b", "channels=a,b")), "");
  EXPECT_EQ(check("GET", sent_as("Info=x", "info=x")), "");
  EXPECT_NE(check("GET", sent_as("info=x", "info=y")), "");
}

}  // namespace
}  // namespace gardu::pusher
