// SPDX-License-Identifier: Apache-2.0
// Connections over plain TCP and over TLS.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "http/detail/connection.hpp"

namespace gardu::host::http::detail {

// `tls` may be null: plain. It must outlive the connection.
std::shared_ptr<Connection> make_connection(Loop& loop, Socket socket,
                                            boost::asio::ssl::context* tls, std::string peer,
                                            bool overloaded);

}  // namespace gardu::host::http::detail
