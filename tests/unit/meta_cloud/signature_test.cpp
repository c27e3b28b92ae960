// SPDX-License-Identifier: Apache-2.0
//
// Signatures and the webhook address's verification.
#include "signature.hpp"

#include <gtest/gtest.h>

#include "verification.hpp"

namespace gardu::meta_cloud {
namespace {

struct Vector {
  const char* body;
  const char* digest;
};
constexpr Vector kVectors[] = {
    {R"({"object":"whatsapp_business_account"})",
     "b6978b21c4467654c466607663db9b43fae44b71083568df403e0a077089208e"},
    {R"({"object":"whatsapp_business_account","entry":[]})",
     "c84a394cc475525991e78ff16e430b02e47f953877d2af0ade26956ce6f384dc"},
    {R"({"text":"\u00e9\ud83d\ude00"})",
     "776e46052423fe41917caf9a6e5f60e15b99639086ee99febe891e1085051b60"},
};

TEST(Signature, FitsTheKnownVectors) {
  for (const Vector& v : kVectors) {
    EXPECT_EQ(hmac_sha256_hex("test-app-secret", v.body), v.digest);
    EXPECT_TRUE(signature_matches("test-app-secret", v.body, std::string("sha256=") + v.digest));
  }
}

TEST(Signature, RefusesEverythingElse) {
  const std::string body = kVectors[0].body, good = std::string("sha256=") + kVectors[0].digest;
  EXPECT_FALSE(signature_matches("other", body, good));
  EXPECT_FALSE(signature_matches("", body, "sha256=" + hmac_sha256_hex("", body)));
  EXPECT_FALSE(signature_matches("test-app-secret", body + " ", good));
  EXPECT_FALSE(signature_matches("test-app-secret", body, ""));
  EXPECT_FALSE(signature_matches("test-app-secret", body, "sha256="));
  EXPECT_FALSE(signature_matches("test-app-secret", body, kVectors[0].digest));
  EXPECT_FALSE(signature_matches("test-app-secret", body, good + "0"));
  EXPECT_FALSE(signature_matches("test-app-secret", body, good.substr(0, good.size() - 1)));
  EXPECT_FALSE(signature_matches("test-app-secret", body, "sha512=" + good.substr(7)));
  std::string flipped = good;
  flipped.back() = flipped.back() == '0' ? '1' : '0';
  EXPECT_FALSE(signature_matches("test-app-secret", body, flipped));
}

TEST(Signature, ComparesSecretsOfAnyLength) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "ab"));
  EXPECT_FALSE(same_secret("", "a"));
}

TEST(Verification, DecodesNamesAndValues) {
  const auto v = parse_verification(
      "hub.mode=subscribe&hub%2Everify_token=a%20b%2Bc+d&x&&hub.challenge=1%2&hub.challenge=2");
  EXPECT_EQ(v.mode, "subscribe");
  EXPECT_EQ(v.token, "a b+c d");
  EXPECT_EQ(v.challenge, "1%2");
}

TEST(Verification, AnswersAnyOfTheTokens) {
  const std::string query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=two";
  EXPECT_EQ(answer_verification(query, {"one", "two"}), "1158201444");
  EXPECT_FALSE(answer_verification(query, {"one"}));
  EXPECT_FALSE(answer_verification(query, {}));
  EXPECT_FALSE(answer_verification("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", {""}));
  EXPECT_FALSE(answer_verification("hub.mode=other&hub.challenge=1&hub.verify_token=one", {"one"}));
  EXPECT_FALSE(answer_verification("hub.challenge=1&hub.verify_token=one", {"one"}));
  EXPECT_FALSE(answer_verification("hub.mode=subscribe&hub.verify_token=one", {"one"}));
  EXPECT_FALSE(answer_verification("", {"one"}));
}

}  // namespace
}  // namespace gardu::meta_cloud
