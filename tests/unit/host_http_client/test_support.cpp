// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "test_support.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace host_http_client_test {
namespace {

int listen_on_loopback(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, raw, size) != 0 || ::listen(fd, 1024) != 0 ||
      ::getsockname(fd, raw, &size) != 0)
    throw std::runtime_error("no port on loopback");
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

bool Peer::start_tls(SSL_CTX& context) {
  ssl_.reset(SSL_new(&context));
  SSL_set_fd(ssl_.get(), fd_);
  return SSL_accept(ssl_.get()) == 1;
}

std::string Peer::server_name() const {
  const char* const name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string{} : name;
}

long Peer::read_some(char* data, std::size_t size) {
  if (ssl_) return SSL_read(ssl_.get(), data, static_cast<int>(size));
  return ::recv(fd_, data, size, 0);
}

std::string Peer::read_request() {
  for (;;) {
    const std::size_t head = rest_.find("\r\n\r\n");
    if (head != std::string::npos) {
      const std::size_t at = rest_.find("Content-Length: ");
      const std::size_t length = at < head ? std::stoul(rest_.substr(at + 16, 20)) : 0;
      if (rest_.size() >= head + 4 + length) {
        std::string request = rest_.substr(0, head + 4 + length);
        rest_.erase(0, request.size());
        return request;
      }
    }
    char buffer[16'384];
    const long n = read_some(buffer, sizeof buffer);
    if (n <= 0) return {};
    rest_.append(buffer, static_cast<std::size_t>(n));
  }
}

void Peer::write(const std::string& text) {
  if (ssl_)
    (void)SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
  else
    (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
}

void Peer::finish_writing() { (void)::shutdown(fd_, SHUT_WR); }

void Peer::reset() {
  const linger hard{1, 0};
  (void)::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

void Peer::wait_for_bytes() {
  char byte = 0;
  (void)::recv(fd_, &byte, 1, MSG_PEEK);
}

void Peer::wait_for_close() {
  char bytes[4096];
  while (read_some(bytes, sizeof bytes) > 0) {
  }
}

struct Server::State {
  Script script;
  std::uint16_t port = 0;
  int listener = -1;
  std::atomic<int> accepted{0};
  std::mutex mutex;
  std::vector<int> open;
  std::vector<std::thread> workers;
  std::thread acceptor;

  void serve(int fd, int number) {
    {
      Peer peer(fd);
      script(peer, number);
    }
    const std::lock_guard lock(mutex);
    std::erase(open, fd);
    ::close(fd);
  }
  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock(mutex);
      open.push_back(fd);
      workers.emplace_back([this, fd, number = accepted.fetch_add(1)] { serve(fd, number); });
    }
  }
};

Server::Server(Script script) : state_(std::make_unique<State>()) {
  (void)::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  state_->script = std::move(script);
  state_->listener = listen_on_loopback(state_->port);
  state_->acceptor = std::thread([s = state_.get()] { s->accept_all(); });
}

Server::~Server() {
  ::shutdown(state_->listener, SHUT_RDWR);
  state_->acceptor.join();
  ::close(state_->listener);
  {
    const std::lock_guard lock(state_->mutex);
    for (const int fd : state_->open) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& worker : state_->workers) worker.join();
}

std::string Server::port() const { return std::to_string(state_->port); }
std::string Server::url(const std::string& host) const { return "http://" + host + ":" + port(); }
int Server::connections() const { return state_->accepted.load(); }

void serve_all(Peer& peer, const std::string& body) {
  while (!peer.read_request().empty()) peer.write(http_answer(200, body));
}

std::string http_answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string dead_url() {
  std::uint16_t port = 0;
  ::close(listen_on_loopback(port));
  return "http://127.0.0.1:" + std::to_string(port);
}

Call get(const std::string& url) {
  Call call;
  call.method = "GET";
  call.url = url;
  call.deadline = std::chrono::minutes(3);  // no test but that of the deadline is to meet it
  call.allow_private = true;
  return call;
}

Call post(const std::string& url, const std::string& body) {
  Call call = get(url);
  call.method = "POST";
  call.body = body;
  return call;
}

std::future<Answer> begin(Client& client, Call call) {
  auto promise = std::make_shared<std::promise<Answer>>();
  auto answer = promise->get_future();
  if (!client.request(std::move(call), [promise](Answer a) { promise->set_value(std::move(a)); }))
    throw std::runtime_error("the client takes no call");
  return answer;
}

Answer run(Client& client, Call call) { return begin(client, std::move(call)).get(); }

Answer run(const Server::Script& script, const std::function<void(Call&)>& change) {
  const Server server(script);
  Client client({});
  Call call = get(server.url() + "/path?secret=hidden");
  if (change) change(call);
  return run(client, std::move(call));
}

}  // namespace host_http_client_test
