// SPDX-License-Identifier: Apache-2.0
//
// Files webhooks.node, webhooks-2.node, …: the first that nobody has locked.
#include "webhooks/node_id.hpp"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "protocol/crypto.hpp"

namespace gardu::pusher {
namespace {

constexpr int kNoFolder = -2;
constexpr size_t kDigits = 32;
constexpr int kFiles = 16;
constexpr int kTries = 10;
constexpr std::chrono::milliseconds kPause{50};

std::string new_node_id() {
  std::array<unsigned char, kDigits> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return hmac_sha256_hex("node", {reinterpret_cast<const char*>(bytes.data()), bytes.size()})
      .substr(0, kDigits);
}

}  // namespace

NodeId::NodeId(std::string_view folder) {
  const std::string base = std::string(folder) + "/webhooks";
  // A process that was just killed may not be all gone yet.
  for (int i = 0; i < kTries && fd_ < 0; ++i) {
    if (i != 0) std::this_thread::sleep_for(kPause);
    if (!take(base + ".node") && fd_ == kNoFolder) break;
  }
  for (int i = 2; i <= kFiles && fd_ == -1; ++i) take(base + '-' + std::to_string(i) + ".node");
  if (value_.empty()) value_ = new_node_id();
}

NodeId::~NodeId() {
  if (fd_ >= 0) ::close(fd_);
}

// fd_ stays at -1 when somebody else has it.
bool NodeId::take(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    fd_ = kNoFolder;
    return false;
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return false;
  }
  fd_ = fd;
  std::string text(kDigits, '\0');
  const ssize_t got = ::pread(fd, text.data(), kDigits, 0);
  if (got == static_cast<ssize_t>(kDigits) &&
      text.find_first_not_of("0123456789abcdef") == std::string::npos) {
    value_ = text;
    return true;
  }
  text = new_node_id();
  // If it cannot be kept, this run has it all the same.
  if (::pwrite(fd, text.data(), kDigits, 0) == static_cast<ssize_t>(kDigits)) (void)::fsync(fd);
  value_ = text;
  return true;
}

}  // namespace gardu::pusher
