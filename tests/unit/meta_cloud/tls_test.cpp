// SPDX-License-Identifier: Apache-2.0
//
// The client over TLS: the server's certificate must be signed by a known authority and bear the
// host's name. The authority is one that the test makes up.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>

#include "http_client.hpp"
#include "tcp_server.hpp"

namespace gardu::meta_cloud {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<&X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<&SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Deleter<&SSL_free>>;

// Signed by itself, for `subject` (an alternative name, "IP:…" or "DNS:…").
Certificate make_certificate(EVP_PKEY* key, const char* subject) {
  Certificate c(X509_new());
  X509_set_version(c.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(c.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(c.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(c.get()), 3600);
  X509_set_pubkey(c.get(), key);
  X509_NAME* name = X509_get_subject_name(c.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("Gardu test"), -1, -1, 0);
  X509_set_issuer_name(c.get(), name);
  X509V3_CTX context;
  X509V3_set_ctx(&context, c.get(), c.get(), nullptr, nullptr, 0);
  for (const auto& [nid, value] : {std::pair{NID_basic_constraints, "critical,CA:TRUE"},
                                   std::pair{NID_subject_alt_name, subject}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    X509_add_ext(c.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(c.get(), key, EVP_sha256());
  return c;
}

// A TLS server of `connections` kept connections, each answering until it is closed.
class TlsServer {
 public:
  explicit TlsServer(const char* subject)
      : key_(EVP_EC_gen("P-256")),
        certificate_(make_certificate(key_.get(), subject)),
        context_(SSL_CTX_new(TLS_server_method())),
        server_([this](TcpPeer& peer, int) { serve(peer); }) {
    SSL_CTX_use_certificate(context_.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
  }
  std::string url() const { return "https" + server_.url().substr(4); }
  int connections() const { return server_.connections(); }
  void write_certificate(const std::string& path) const {
    std::unique_ptr<FILE, Deleter<&fclose>> file(fopen(path.c_str(), "w"));
    PEM_write_X509(file.get(), certificate_.get());
  }

 private:
  void serve(TcpPeer& peer) {
    const Session ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), peer.fd());
    if (SSL_accept(ssl.get()) != 1) return;
    char buffer[4096];
    std::string seen;
    for (int n = 0; (n = SSL_read(ssl.get(), buffer, sizeof buffer)) > 0;) {
      seen.append(buffer, static_cast<size_t>(n));
      if (!seen.ends_with("{\"a\":1}")) continue;
      seen.clear();
      const std::string answer = http_answer(200, "{}");
      SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
    }
  }

  Key key_;
  Certificate certificate_;
  Context context_;
  TcpServer server_;
};

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "gardu-ca-" + std::to_string(getpid()) + ".pem";
  }
  void TearDown() override {
    ::unsetenv("SSL_CERT_FILE");
    std::remove(path_.c_str());
  }
  void trust(const TlsServer& server) {
    server.write_certificate(path_);
    ::setenv("SSL_CERT_FILE", path_.c_str(), 1);  // before the client, which reads it once
  }
  static HttpAnswer post(HttpClient& client, const std::string& url) {
    HttpPost post;
    post.server = *parse_url(url);
    post.target = "/x";
    post.body = R"({"a":1})";
    std::promise<HttpAnswer> promise;
    client.post(std::move(post), [&](HttpAnswer a) { promise.set_value(std::move(a)); });
    return promise.get_future().get();
  }
  std::string path_;
};

TEST_F(TlsTest, TalksToATrustedServerOverOneConnection) {
  const TlsServer server("IP:127.0.0.1");
  trust(server);
  HttpClient client({});
  for (int i = 0; i < 3; ++i) {
    const HttpAnswer answer = post(client, server.url());
    EXPECT_EQ(answer.kind, HttpAnswer::Kind::answered) << answer.error;
    EXPECT_EQ(answer.status, 200);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(TlsTest, RefusesAnUnknownAuthority) {
  const TlsServer server("IP:127.0.0.1");
  HttpClient client({});
  EXPECT_EQ(post(client, server.url()).kind, HttpAnswer::Kind::unreachable);
}

TEST_F(TlsTest, RefusesAnotherName) {
  const TlsServer server("DNS:graph.example");
  trust(server);
  HttpClient client({});
  EXPECT_EQ(post(client, server.url()).kind, HttpAnswer::Kind::unreachable);
}

}  // namespace
}  // namespace gardu::meta_cloud
