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
#include <optional>
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
  // Where `other` is, which stays as it is.
  void begin_like(const Digest& other) {
    if (EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) != 1) fail();
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

struct Hex {
  std::array<char, size_t{2} * EVP_MAX_MD_SIZE> text;
  size_t size = 0;
  std::string_view view() const noexcept { return {text.data(), size}; }
};

Hex to_hex(const Digest::Value& value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  Hex out;
  for (size_t i = 0; i < value.size; ++i) {
    out.text[out.size++] = kDigits[value.bytes[i] >> 4U];
    out.text[out.size++] = kDigits[value.bytes[i] & 15U];
  }
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// One thread's own, for the key it was used with last: what the key alone decides is done once.
class Hmac {
 public:
  Digest::Value of(std::string_view key, std::initializer_list<std::string_view> text) {
    if (key_ != key) take(key);
    work_.begin_like(inner_);
    for (const std::string_view piece : text) work_.add(piece);
    const Digest::Value first = work_.end();
    work_.begin_like(outer_);
    work_.add(first.view());
    return work_.end();
  }

 private:
  static constexpr size_t kBlock = 64;

  void take(std::string_view key) {
    key_.reset();
    std::array<unsigned char, kBlock> block{};
    if (key.size() > kBlock) {
      const Digest::Value short_key = work_.of({key});
      std::memcpy(block.data(), short_key.bytes.data(), short_key.size);
    } else if (!key.empty()) {
      std::memcpy(block.data(), key.data(), key.size());
    }
    begin(inner_, block, 0x36U);
    begin(outer_, block, 0x5CU);
    OPENSSL_cleanse(block.data(), block.size());
    key_ = key;
  }
  static void begin(Digest& digest, std::array<unsigned char, kBlock> block, unsigned char pad) {
    for (unsigned char& byte : block) byte ^= pad;
    digest.begin();
    digest.add({reinterpret_cast<const char*>(block.data()), block.size()});
    OPENSSL_cleanse(block.data(), block.size());
  }

  std::optional<std::string> key_;
  Digest inner_{"SHA256"}, outer_{"SHA256"}, work_{"SHA256"};
};

Digest::Value hmac_sha256(std::string_view key, std::initializer_list<std::string_view> text) {
  thread_local Hmac hmac;
  return hmac.of(key, text);
}

Digest::Value md5(std::string_view text) {
  thread_local Digest digest("MD5");
  return digest.of({text});
}

}  // namespace

std::string hmac_sha256_hex(std::string_view key, std::initializer_list<std::string_view> text) {
  return std::string(to_hex(hmac_sha256(key, text)).view());
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  return hmac_sha256_hex(key, {text});
}

bool is_hmac_sha256_hex(std::string_view given, std::string_view key,
                        std::initializer_list<std::string_view> text) {
  return equal_in_constant_time(given, to_hex(hmac_sha256(key, text)).view());
}

std::string md5_hex(std::string_view text) { return std::string(to_hex(md5(text)).view()); }

bool is_md5_hex(std::string_view given, std::string_view text) {
  Hex lower;
  if (given.size() > lower.text.size()) return false;
  for (const char c : given)
    lower.text[lower.size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return equal_in_constant_time(lower.view(), to_hex(md5(text)).view());
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
