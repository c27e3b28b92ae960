// SPDX-License-Identifier: Apache-2.0
// Thread, gate and the set of connections.
#include "http/detail/loop.hpp"

#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "http/detail/transport.hpp"

namespace gardu::host::http::detail {

class Loop::LoopGate final : public Gate {
 public:
  explicit LoopGate(boost::asio::io_context& io) : io_(&io) {}

  bool post(Task task) override {
    const std::lock_guard lock(mutex_);
    if (io_ == nullptr) return false;
    boost::asio::post(*io_, std::move(task));
    return true;
  }
  void shut() {
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
  }

 private:
  std::mutex mutex_;
  boost::asio::io_context* io_;
};

Loop::Loop(Site& site, boost::asio::ssl::context* tls)
    : site_(site),
      tls_(tls),
      own_gate_(std::make_shared<LoopGate>(io_)),
      gate_(own_gate_),
      guard_(boost::asio::make_work_guard(io_)) {}

Loop::~Loop() {
  join();
  own_gate_->shut();
  guard_.reset();
  connections_.clear();
}

void Loop::start_thread() {
  thread_ = std::thread([this] {
    for (;;) {
      try {
        io_.run();
        break;
      } catch (...) {  // out of memory in a handler: that connection is lost, the others go on
        continue;
      }
    }
    own_gate_->shut();
  });
}

void Loop::join() {
  if (thread_.joinable()) thread_.join();
}

void Loop::adopt(Socket socket, bool overloaded) {
  ErrorCode error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error || stopping_ || draining_) {
    --site_.counters->connections;
    return;
  }
  socket.set_option(boost::asio::ip::tcp::no_delay(true), error);
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  }
  auto connection =
      make_connection(*this, std::move(socket), tls_, address.to_string(), overloaded);
  connections_.insert(connection);
  connection->start();
}

void Loop::forget(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) > 0) --site_.counters->connections;
}

void Loop::drain() {
  draining_ = true;
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->drain();
  site_.busy.loop_told();
}

void Loop::stop() {
  stopping_ = true;
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->close();
  guard_.reset();
}

}  // namespace gardu::host::http::detail
