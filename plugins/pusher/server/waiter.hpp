// SPDX-License-Identifier: Apache-2.0
//
// What waits for a connection's socket. Only for the connection's own sources: it brings Asio in.
#pragma once
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "server/connection.hpp"

namespace gardu::pusher {

struct Connection::Waiter {
  // The descriptor is taken over, also when this throws.
  Waiter(boost::asio::io_context& io, int fd) : descriptor(io) {
    boost::system::error_code error;
    descriptor.assign(fd, error);
    if (error) {
      ::close(fd);
      throw boost::system::system_error(error);
    }
    descriptor.native_non_blocking(true);
  }
  boost::asio::posix::stream_descriptor descriptor;
};

}  // namespace gardu::pusher
