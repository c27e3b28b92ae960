// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "http_client/detail/connector.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include "http_client/detail/guard.hpp"

namespace gardu::host::client::detail {
namespace {

namespace asio = boost::asio;

constexpr std::uint32_t kMostTunnelHeaders = 16U * 1024U;

bool is_guarded(const asio::ip::address& address) {
  return address.is_v4() ? is_private(address.to_v4().to_bytes())
                         : is_private(address.to_v6().to_bytes());
}

// The certificate must be for this host.
bool expect_host(SSL* ssl, const Url& url) {
  const std::string name(url.name_for_tls());
  if (url.literal) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 && SSL_set1_host(ssl, name.c_str()) == 1;
}

std::string handshake_error(const SSL* ssl, ErrorCode error) {
  const long verified = SSL_get_verify_result(ssl);
  return verified == X509_V_OK ? error.message() : X509_verify_cert_error_string(verified);
}

}  // namespace

// Wraps a step's continuation: nothing runs any more once it is finished.
template <class F>
auto Connector::step(F f) {
  return [self = shared_from_this(), f = std::move(f)](ErrorCode error, auto&&...) {
    if (!self->done_) return;
    if (error)
      self->fail(self->failing_ + ": " + error.message());
    else
      f(*self);
  };
}

void Connector::start(Done done) {
  done_ = std::move(done);
  if (!allow_private_) {
    // Behind a proxy the names are its business, but not what is plainly this machine or network.
    ErrorCode not_literal;
    const asio::ip::address address = asio::ip::make_address(url_.host, not_literal);
    if (not_literal ? is_local_name(url_.host) : is_guarded(address)) {
      refuse();
      return;
    }
  }
  site_.resolver.look_up(hop().host, [self = shared_from_this()](const Resolver::Result& result) {
    if (self->done_) self->found(result);
  });
}

void Connector::cancel() {
  done_ = nullptr;
  patience_.cancel();
  if (connection_) connection_->close();
}

void Connector::found(const Resolver::Result& result) {
  if (result.addresses.empty()) {
    fail("cannot resolve " + hop().host + ": " + result.error);
    return;
  }
  addresses_ = result.addresses;
  if (!allow_private_ && site_.proxy == nullptr) std::erase_if(addresses_, is_guarded);
  if (addresses_.empty())
    refuse();
  else
    try_next({});
}

void Connector::try_next(const std::string& last_error) {
  if (next_ == addresses_.size()) {
    fail("cannot connect to " + hop().host_and_port() + ": " + last_error);
    return;
  }
  connection_ = std::make_unique<Connection>(site_.io);
  const auto port = static_cast<std::uint16_t>(std::stoi(hop().port));
  const Tcp::endpoint endpoint(addresses_[next_++], port);
  late_ = false;
  limit_attempt();
  connection_->socket().async_connect(endpoint, [self = shared_from_this()](ErrorCode error) {
    if (!self->done_) return;
    self->patience_.cancel();
    if (self->late_ || error)
      self->try_next(self->late_ ? "no answer in time" : error.message());
    else
      self->connected();
  });
}

// An address that does not answer must leave time for the ones after it.
void Connector::limit_attempt() {
  const std::size_t left = addresses_.size() - next_;
  if (left == 0) return;
  const auto time = deadline_ - Clock::now();
  patience_.expires_after(time / static_cast<long>(left + 1));
  patience_.async_wait([self = shared_from_this(), attempt = next_](ErrorCode error) {
    if (error || !self->done_ || attempt != self->next_) return;
    self->late_ = true;
    self->connection_->close();
  });
}

void Connector::connected() {
  next_ = addresses_.size() + 1;  // a timer that has already expired is for none any more
  ErrorCode ignored;
  (void)connection_->socket().set_option(Tcp::no_delay(true), ignored);
  if (!url_.tls)
    finish({std::move(connection_), false, {}});
  else if (site_.proxy != nullptr)
    tunnel();
  else
    handshake();
}

void Connector::tunnel() {
  failing_ = "no tunnel through the proxy " + hop().host_and_port();
  tunnel_ = "CONNECT " + url_.host_and_port() + " HTTP/1.1\r\nHost: " + url_.host_and_port() +
            "\r\nUser-Agent: Gardu\r\n\r\n";
  asio::async_write(*connection_, asio::buffer(tunnel_),
                    step([](Connector& self) { self.read_tunnel(); }));
}

void Connector::read_tunnel() {
  parser_.emplace();
  parser_->skip(true);
  parser_->header_limit(kMostTunnelHeaders);
  boost::beast::http::async_read_header(
      *connection_, connection_->buffer, *parser_, step([](Connector& self) {
        const unsigned status = self.parser_->get().result_int();
        if (status / 100 != 2)
          self.fail(self.failing_ + ": it answered " + std::to_string(status));
        else if (self.connection_->buffer.size() != 0)
          self.fail(self.failing_ + ": it said more than it should");
        else
          self.handshake();
      }));
}

void Connector::handshake() {
  auto& stream = connection_->start_tls(site_.tls);
  if (!expect_host(stream.native_handle(), url_)) {
    fail("TLS with " + url_.host_and_port() + ": not a name for a certificate");
    return;
  }
  stream.async_handshake(
      asio::ssl::stream_base::client, [self = shared_from_this()](ErrorCode error) {
        if (!self->done_) return;
        if (!error) {
          self->finish({std::move(self->connection_), false, {}});
          return;
        }
        SSL* const ssl = self->connection_->tls_handle();
        self->fail("TLS with " + self->url_.host_and_port() + ": " + handshake_error(ssl, error));
      });
}

void Connector::fail(std::string error) { finish({nullptr, false, std::move(error)}); }

void Connector::refuse() {
  finish({nullptr, true,
          url_.host + " resolves to a private address; allow it with allow_private_addresses"});
}

void Connector::finish(Result result) {
  const Done done = std::exchange(done_, nullptr);
  patience_.cancel();
  if (connection_) connection_->close();
  done(std::move(result));
}

}  // namespace gardu::host::client::detail
