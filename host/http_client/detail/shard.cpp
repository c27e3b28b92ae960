// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "http_client/detail/shard.hpp"

#include <openssl/ssl.h>

#include <boost/asio/post.hpp>
#include <stdexcept>

#include "http_client/detail/exchange.hpp"

namespace gardu::host::client::detail {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kLookupThreads = 4;  // they mostly sleep

Url read_proxy(const std::string& text) {
  std::string why;
  const auto url = parse_url(text, why);
  if (!url) throw std::runtime_error("the proxy: " + why);
  if (url->tls || url->target != "/")
    throw std::runtime_error("the proxy: expected http://host:port and nothing else");
  return *url;
}

void prepare_tls(asio::ssl::context& tls, const std::string& ca_file) {
  ErrorCode error;
  (void)tls.set_verify_mode(asio::ssl::verify_peer, error);
  if (!error) (void)tls.set_default_verify_paths(error);
  if (error) throw std::runtime_error("TLS: " + error.message());
  if (SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION) != 1)
    throw std::runtime_error("TLS: 1.2 is not to be had");
  if (ca_file.empty()) return;
  (void)tls.load_verify_file(ca_file, error);
  if (error) throw std::runtime_error("cannot load " + ca_file + ": " + error.message());
}

}  // namespace

Common::Common(const Client::Options& o) : options(o), gate(o.most), lookups(kLookupThreads) {
  if (!options.proxy.empty()) proxy = read_proxy(options.proxy);
  prepare_tls(tls, options.ca_file);
}

Shard::Shard(Common& common)
    : common_(common),
      guard_(asio::make_work_guard(io_)),
      resolver_(io_, common.lookups, common.options.resolve),
      pool_(io_, common.options.idle_per_host, common.options.most, common.options.idle_time),
      thread_([this] { io_.run(); }) {}

Shard::~Shard() { join(); }

void Shard::submit(Call call, Client::Done done) {
  auto exchange = std::make_shared<Exchange>(*this, std::move(call), std::move(done));
  asio::post(io_, [this, exchange = std::move(exchange)] {
    exchanges_.insert(exchange);
    if (stopping_)
      exchange->stop();
    else
      exchange->start();
  });
}

void Shard::begin_stop() {
  asio::post(io_, [this] {
    stopping_ = true;
    pool_.close();
    while (!exchanges_.empty()) {
      const std::shared_ptr<Exchange> exchange = *exchanges_.begin();
      exchange->stop();
    }
  });
}

void Shard::join() {
  guard_.reset();
  if (thread_.joinable()) thread_.join();
}

Connector::Site Shard::connector_site() {
  return {io_, resolver_, common_.tls, common_.proxy ? &*common_.proxy : nullptr};
}

void Shard::forget(const std::shared_ptr<Exchange>& exchange) {
  exchanges_.erase(exchange);
  common_.gate.leave();
}

}  // namespace gardu::host::client::detail
