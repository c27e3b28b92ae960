// SPDX-License-Identifier: Apache-2.0
// See the header. Asio's own resolver has one thread for all names of an io_context: a single name
// server that does not answer would hold up everyone.
#include "http_client/detail/resolver.hpp"

#include <netdb.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <memory>

namespace gardu::host::client::detail {
namespace {

namespace asio = boost::asio;

asio::ip::address address_of(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, info.ai_addr, sizeof in);
    return asio::ip::address_v4(ntohl(in.sin_addr.s_addr));
  }
  sockaddr_in6 in{};
  std::memcpy(&in, info.ai_addr, sizeof in);
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, in.sin6_scope_id);
}

Resolver::Result resolve_now(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  Resolver::Result result;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0) {
    result.error = ::gai_strerror(error);
    return result;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    const asio::ip::address address = address_of(*info);
    auto& known = result.addresses;
    if (std::find(known.begin(), known.end(), address) == known.end()) known.push_back(address);
  }
  if (result.addresses.empty()) result.error = "no address";
  return result;
}

Resolver::Result resolve_with(const Client::Resolve& resolve, const std::string& host) {
  Resolver::Result result;
  for (const std::string& text : resolve(host)) {
    boost::system::error_code not_literal;
    const asio::ip::address address = asio::ip::make_address(text, not_literal);
    if (!not_literal) result.addresses.push_back(address);
  }
  if (result.addresses.empty()) result.error = "no such name";
  return result;
}

}  // namespace

void Resolver::look_up(const std::string& host, Found found) {
  boost::system::error_code not_literal;
  const asio::ip::address literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) {
    found({{literal}, {}});
    return;
  }
  auto& waiting = waiting_[host];
  waiting.push_back(std::move(found));
  if (waiting.size() > 1) return;
  asio::post(pool_, [this, host] {
    auto result = resolve_ ? resolve_with(resolve_, host) : resolve_now(host);
    asio::post(io_, [this, host, result = std::move(result)] {
      const auto node = waiting_.extract(host);
      for (const Found& one : node.mapped()) one(result);
    });
  });
}

}  // namespace gardu::host::client::detail
