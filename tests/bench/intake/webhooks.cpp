// SPDX-License-Identifier: Apache-2.0
#include "webhooks.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <random>
#include <string_view>

#include "process.hpp"

namespace gardu::bench {
namespace {

constexpr std::array kSyllables{"ka", "sa", "ra", "mu", "ti", "lo", "pe",  "ngan",
                                "be", "di", "ma", "su", "yu", "no", "gar", "du"};
constexpr int kMostWords = 16;

std::string word(std::mt19937_64& random) {
  std::string out;
  // Two syllables of the first half mostly: few words are frequent, many are rare.
  const std::size_t n = random() % 4 == 0 ? 4 : 2;
  for (std::size_t i = 0; i < n; ++i)
    out += kSyllables[random() % (n == 2 ? kSyllables.size() / 2 : kSyllables.size())];
  return out;
}

std::string text(std::mt19937_64& random) {
  const auto words = 4 + random() % kMostWords;
  std::string out = word(random);
  for (std::size_t i = 1; i < words; ++i) out += " " + word(random);
  return out;
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4U];
    out += kDigits[bytes[i] & 15U];
  }
  return out;
}

// In the form that Meta gives: base64 of the person's number and of random digits.
std::string wamid(const std::string& from, std::size_t number, std::mt19937_64& random) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%012llX%08zX",
                static_cast<unsigned long long>(random() >> 16U), number);
  const std::string inside = "\x1c\x18\x0d" + from + "\x15\x02\x12\x18\x14" + digits;
  std::string out(4 * ((inside.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(inside.data()),
                                static_cast<int>(inside.size()));
  out.resize(static_cast<std::size_t>(n));
  return "wamid." + out;
}

std::string body_of(std::size_t number, std::size_t senders) {
  std::mt19937_64 random(number);
  const std::size_t sender = random() % senders;
  char from[32];
  std::snprintf(from, sizeof from, "62812%08zu", sender);
  return R"({"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{)"
         R"("value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":)"
         R"("15550001111","phone_number_id":")" +
         std::string(kPhoneNumberId) + R"("},"contacts":[{"profile":{"name":"Person )" +
         std::to_string(sender) + R"("},"wa_id":")" + from + R"("}],"messages":[{"from":")" + from +
         R"(","id":")" + wamid(from, number, random) + R"(","timestamp":")" +
         std::to_string(std::time(nullptr)) + R"(","text":{"body":")" + text(random) +
         R"("},"type":"text"}]},"field":"messages"}]}]})";
}

}  // namespace

std::vector<std::string> webhooks(std::size_t first, std::size_t count, std::size_t senders) {
  std::vector<std::string> out;
  out.reserve(count);
  for (std::size_t i = first; i < first + count; ++i) {
    const std::string body = body_of(i, senders);
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    const std::string_view key = kAppSecret;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &size);
    out.push_back(
        "POST /webhooks/meta_cloud HTTP/1.1\r\nHost: gateway.example\r\nAccept: */*\r\n"
        "User-Agent: facebookexternalua\r\nContent-Type: application/json\r\n"
        "X-Hub-Signature-256: sha256=" +
        hex(digest.data(), digest.size()) + "\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body);
  }
  return out;
}

}  // namespace gardu::bench
