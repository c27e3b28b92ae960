// SPDX-License-Identifier: Apache-2.0
//
// The listener under TLS, with a certificate made for the occasion.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>

#include "gateway_event.hpp"
#include "listener.hpp"

namespace gardu::pusher::testing {
namespace {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using File = std::unique_ptr<std::FILE, FreeWith<std::fclose>>;

// Writes certificate.pem and key.pem into the folder.
void make_certificate(const std::filesystem::path& folder) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const File certificate_file(std::fopen((folder / "certificate.pem").c_str(), "w"));
  PEM_write_X509(certificate_file.get(), certificate.get());
  const File key_file(std::fopen((folder / "key.pem").c_str(), "w"));
  PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class TlsClient {
 public:
  explicit TlsClient(uint16_t port)
      : context_(SSL_CTX_new(TLS_client_method())),
        raw_(port, 65536),
        ssl_(SSL_new(context_.get())) {
    SSL_set_fd(ssl_.get(), raw_.descriptor());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  bool connected() const { return connected_; }
  void write(std::string_view bytes) {
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  // Everything up to and with `mark`; what follows is kept.
  std::string read_to(std::string_view mark) {
    size_t at = 0;
    while ((at = input_.find(mark)) == std::string::npos) {
      char buffer[16384];
      const int n = SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (n <= 0) throw std::runtime_error("the stream ended");
      input_.append(buffer, static_cast<size_t>(n));
    }
    const std::string out = input_.substr(0, at + mark.size());
    input_.erase(0, out.size());
    return out;
  }

 private:
  std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>> context_;
  RawClient raw_;
  std::unique_ptr<SSL, FreeWith<SSL_free>> ssl_;
  bool connected_ = false;
  std::string input_;
};

class TlsTest : public Listener {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "pusher-tls-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    make_certificate(folder);
  }
  void TearDown() override {
    Listener::TearDown();
    std::filesystem::remove_all(folder);
  }
  Json tls() const {
    return {{"certificate", folder / "certificate.pem"}, {"key", folder / "key.pem"}};
  }
  std::filesystem::path folder;
};

TEST_F(TlsTest, ABacklogArrivesWholeAndInOrder) {
  start({{"tls", tls()}, {"send_queue", "64MiB"}});
  TlsClient client(port);
  ASSERT_TRUE(client.connected());
  client.write(RawClient::upgrade_request("/app/" + std::string(kKey)));
  client.read_to("connection_established");
  client.write(masked_frame(0x81, R"({"event":"pusher:subscribe","data":{"channel":"news"}})"));
  client.read_to("subscription_succeeded");
  TlsClient api(port);
  constexpr int kEvents = 600;  // far beyond what the sockets hold: the writer has to wait
  for (int i = 0; i < kEvents; ++i) {
    const Json event{{"name", "n"},
                     {"channel", "news"},
                     {"data", std::string(10000, 'x') + '#' + std::to_string(i) + '#'}};
    const std::string body = event.dump();
    api.write("POST " + signed_target("POST", "/apps/3/events", body) +
              " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
    api.read_to("\r\n\r\n{}");
  }
  for (int i = 0; i < kEvents; ++i)
    ASSERT_NO_THROW(client.read_to("x#" + std::to_string(i) + "#")) << i;
}

TEST_F(TlsTest, PlainTextIsNotAnswered) {
  start({{"tls", tls()}});
  RawClient client(port);
  client.write("GET /up HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.reply().status, 0);
}

TEST_F(TlsTest, AFileThatIsMissingIsNamed) {
  Json settings = basic_settings();
  settings["tls"] = {{"certificate", folder / "none.pem"}, {"key", folder / "key.pem"}};
  PusherPlugin broken(host.table());
  const Status status = broken.start(settings.dump());
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("none.pem"), std::string::npos) << status.message();
  broken.stop();
}

}  // namespace
}  // namespace gardu::pusher::testing
