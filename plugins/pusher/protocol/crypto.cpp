// SPDX-License-Identifier: Apache-2.0
//
// Hashes, signatures and random ids.
#include "protocol/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace gardu::pusher {
namespace {

constexpr std::string_view kWebSocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// One thread's own. Looking an algorithm up and making room for it costs more than digesting a
// short text does, so both are done once.
class Digest {
 public:
  struct Value {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    size_t size = 0;
    std::string_view view() const noexcept {
      return {reinterpret_cast<const char*>(bytes.data()), size};
    }
  };

  explicit Digest(const char* name)
      : name_(name), algorithm_(EVP_MD_fetch(nullptr, name, nullptr)), context_(EVP_MD_CTX_new()) {
    if (!algorithm_ || !context_) fail();
  }
  Value of(std::initializer_list<std::string_view> text) {
    begin();
    for (const std::string_view piece : text) add(piece);
    return end();
  }
  void begin() {
    if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1) fail();
  }
  void add(std::string_view piece) {
    if (EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) != 1) fail();
  }
  Value end() {
    Value value;
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(context_.get(), value.bytes.data(), &size) != 1) fail();
    value.size = size;
    return value;
  }

 private:
  struct Deleter {
    void operator()(EVP_MD* algorithm) const noexcept { EVP_MD_free(algorithm); }
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  [[noreturn]] void fail() const { throw std::runtime_error(std::string(name_) + " failed"); }

  const char* name_;
  std::unique_ptr<EVP_MD, Deleter> algorithm_;
  std::unique_ptr<EVP_MD_CTX, Deleter> context_;
};

std::string to_hex(const unsigned char* bytes, size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(size * 2, '\0');
  for (size_t i = 0; i < size; ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4U];
    out[2 * i + 1] = kDigits[bytes[i] & 15U];
  }
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string hmac_sha256_hex(std::string_view key, std::initializer_list<std::string_view> text) {
  constexpr size_t kBlock = 64;
  thread_local Digest sha256("SHA256");
  std::array<unsigned char, kBlock> inner{};
  if (key.size() > kBlock) {
    const Digest::Value short_key = sha256.of({key});
    std::memcpy(inner.data(), short_key.bytes.data(), short_key.size);
  } else if (!key.empty()) {
    std::memcpy(inner.data(), key.data(), key.size());
  }
  std::array<unsigned char, kBlock> outer = inner;
  for (unsigned char& byte : inner) byte ^= 0x36U;
  for (unsigned char& byte : outer) byte ^= 0x5CU;
  sha256.begin();
  sha256.add({reinterpret_cast<const char*>(inner.data()), inner.size()});
  for (const std::string_view piece : text) sha256.add(piece);
  const Digest::Value first = sha256.end();
  const Digest::Value value =
      sha256.of({{reinterpret_cast<const char*>(outer.data()), outer.size()}, first.view()});
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
  return to_hex(value.bytes.data(), value.size);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  return hmac_sha256_hex(key, {text});
}

std::string md5_hex(std::string_view text) {
  thread_local Digest md5("MD5");
  const Digest::Value value = md5.of({text});
  return to_hex(value.bytes.data(), value.size);
}

std::string websocket_accept(std::string_view key) {
  thread_local Digest sha1("SHA1");
  const Digest::Value value = sha1.of({key, kWebSocketGuid});
  std::array<unsigned char, 64> encoded{};
  const int length =
      EVP_EncodeBlock(encoded.data(), value.bytes.data(), static_cast<int>(value.size));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<size_t>(length)};
}

bool valid_websocket_key(std::string_view key) {
  if (key.size() != 24 || key.substr(22) != "==") return false;
  return key.substr(0, 22).find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") ==
         std::string_view::npos;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

std::string make_socket_id() {
  std::array<uint64_t, 2> parts{};
  if (RAND_bytes(reinterpret_cast<unsigned char*>(parts.data()), static_cast<int>(sizeof parts)) !=
      1)
    throw std::runtime_error("no random numbers to be had");
  constexpr uint64_t kRange = 10'000'000'000;  // as large as clients are used to
  std::string out;
  out.reserve(21);  // there is one of these for every connection
  out += std::to_string(parts[0] % kRange);
  out += '.';
  return out += std::to_string(parts[1] % kRange);
}

bool is_socket_id(std::string_view text) {
  const size_t dot = text.find('.');
  return dot != std::string_view::npos && text.size() <= 64 && all_digits(text.substr(0, dot)) &&
         all_digits(text.substr(dot + 1));
}

}  // namespace gardu::pusher
