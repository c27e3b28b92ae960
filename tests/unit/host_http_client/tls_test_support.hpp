// SPDX-License-Identifier: Apache-2.0
// A certificate made on the spot, signed by itself: its own authority.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>

namespace host_http_client_test {

class Authority {
 public:
  // `subject`: "IP:127.0.0.1" or "DNS:service.test".
  explicit Authority(const std::string& subject);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  std::string path() const { return path_.string(); }  // PEM, removed with the object
  SSL_CTX& server() const { return *server_; }

 private:
  std::filesystem::path path_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> server_;
};

}  // namespace host_http_client_test
