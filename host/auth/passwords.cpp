// SPDX-License-Identifier: Apache-2.0
#include "auth/passwords.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

#include "base/crypto.hpp"

namespace gardu::host {
namespace {

constexpr std::string_view kName = "scrypt";
constexpr std::size_t kSaltBytes = 16, kHashBytes = 32;
constexpr std::uint64_t kMostMemory = std::uint64_t{128} << 20;

struct Cost {
  unsigned log_n = 15, r = 8, p = 1;
};

std::optional<std::string> derive(std::string_view password, std::string_view salt, Cost cost) {
  std::string out(kHashBytes, '\0');
  const int done = EVP_PBE_scrypt(password.data(), password.size(),
                                  reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                                  std::uint64_t{1} << cost.log_n, cost.r, cost.p, kMostMemory,
                                  reinterpret_cast<unsigned char*>(out.data()), out.size());
  return done == 1 ? std::optional(out) : std::nullopt;
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find('$');
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
  }
  return out;
}

bool read_number(std::string_view text, unsigned most, unsigned& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out > 0 && out <= most;
}

}  // namespace

std::string hash_password(std::string_view password) {
  const Cost cost;
  const std::string salt = random_bytes(kSaltBytes);
  const auto hash = derive(password, salt, cost);
  if (!hash) throw std::runtime_error("the password could not be hashed");
  return std::string(kName) + '$' + std::to_string(cost.log_n) + '$' + std::to_string(cost.r) +
         '$' + std::to_string(cost.p) + '$' + base64url_encode(salt) + '$' +
         base64url_encode(*hash);
}

bool verify_password(std::string_view password, std::string_view hash) {
  const auto parts = parts_of(hash);
  Cost cost;
  if (parts.size() != 6 || parts[0] != kName || !read_number(parts[1], 20, cost.log_n) ||
      !read_number(parts[2], 32, cost.r) || !read_number(parts[3], 16, cost.p))
    return false;
  const auto salt = base64url_decode(parts[4]), wanted = base64url_decode(parts[5]);
  if (!salt || !wanted || wanted->size() != kHashBytes) return false;
  const auto found = derive(password, *salt, cost);
  return found && constant_time_equal(*found, *wanted);
}

}  // namespace gardu::host
