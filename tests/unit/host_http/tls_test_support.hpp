// SPDX-License-Identifier: Apache-2.0
// A self-signed certificate made on the spot, and the raw client over OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>

#include "test_support.hpp"

namespace host_http_test {

// PEM files in a directory of their own, removed with the object.
class Certificate {
 public:
  Certificate();
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  std::string certificate() const { return (directory_ / "certificate.pem").string(); }
  std::string key() const { return (directory_ / "key.pem").string(); }

 private:
  std::filesystem::path directory_;
};

class TlsClient final : public Client {
 public:
  explicit TlsClient(std::uint16_t port, int max_version = 0);
  ~TlsClient() override;
  bool connected() const { return connected_; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  void shutdown_write() override;  // close_notify

 private:
  long write_some(const char* data, std::size_t size) override;
  long read_some(char* data, std::size_t size) override;

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  bool connected_ = false;
};

}  // namespace host_http_test
