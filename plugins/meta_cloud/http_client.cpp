// SPDX-License-Identifier: Apache-2.0
//
// The client on Asio and Beast. Each thread has its own io_context and connections, so nothing in
// here is locked.
#include "http_client.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <unordered_set>

namespace gardu::meta_cloud {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Clock = std::chrono::steady_clock;

std::string pool_key(const Url& url) { return (url.tls ? "s " : "p ") + url.host + " " + url.port; }

}  // namespace

struct HttpClient::Connection {
  Connection(asio::io_context& io, asio::ssl::context& tls, bool secure) : socket(io) {
    if (secure) stream.emplace(socket, tls);
  }
  // Still open, with nothing unasked for waiting to be read.
  bool is_usable() {
    char byte = 0;
    const ssize_t n = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && buffer.size() == 0;
  }
  void close() {
    ErrorCode ignored;
    (void)socket.close(ignored);
  }

  Tcp::socket socket;
  std::optional<asio::ssl::stream<Tcp::socket&>> stream;
  boost::beast::flat_buffer buffer;
  Clock::time_point idle_since;
};

// One thread with its connections. All members but `io_` belong to that thread.
class HttpClient::Shard {
 public:
  Shard(const Options& options, asio::ssl::context& tls)
      : options_(options),
        tls_(tls),
        io_(1),
        guard_(asio::make_work_guard(io_)),
        sweeper_(io_),
        thread_([this] { io_.run(); }) {}
  ~Shard() { stop(); }
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void post(HttpPost request, Done done);
  void stop();

 private:
  class Exchange;

  std::unique_ptr<Connection> take_idle(const Url& url);
  void keep(const Url& url, std::unique_ptr<Connection> connection);
  void sweep();

  const Options options_;
  asio::ssl::context& tls_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  std::map<std::string, std::deque<std::unique_ptr<Connection>>> idle_;
  std::unordered_set<std::shared_ptr<Exchange>> exchanges_;
  asio::steady_timer sweeper_;
  bool sweeping_ = false, stopping_ = false;
  std::thread thread_;
};

// One request and its answer. Handlers keep it alive; `finish` takes it off the books.
class HttpClient::Shard::Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Shard& shard, HttpPost request, Done done)
      : shard_(shard),
        post_(std::move(request)),
        done_(std::move(done)),
        deadline_(shard.io_),
        resolver_(shard.io_) {}

  void start() {
    prepare();
    deadline_.expires_after(post_.deadline);
    deadline_.async_wait([self = shared_from_this()](ErrorCode error) {
      if (!error) self->on_late();
    });
    connection_ = shard_.take_idle(post_.server);
    reused_ = connection_ != nullptr;
    if (reused_)
      write();
    else
      resolve();
  }

  void abort() {
    HttpAnswer answer;
    answer.error = "the plugin is stopping";
    finish(std::move(answer));
  }

 private:
  enum class Stage { connecting, writing, reading };

  void prepare() {
    request_.method(http::verb::post);
    request_.target(post_.server.path + post_.target);
    request_.version(11);
    request_.set(http::field::host, post_.server.authority());
    request_.set(http::field::user_agent, "Gardu");
    request_.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : post_.headers) request_.set(name, value);
    request_.body() = std::move(post_.body);
    request_.prepare_payload();
  }

  // Wraps a step's continuation: nothing runs any more once the exchange is finished.
  template <class F>
  auto step(F f) {
    return [self = shared_from_this(), f = std::move(f)](ErrorCode error, auto&&... rest) {
      if (!self->done_) return;
      if (error)
        self->on_error(error);
      else
        f(*self, std::forward<decltype(rest)>(rest)...);
    };
  }

  void resolve() {
    stage_ = Stage::connecting;
    connection_ = std::make_unique<Connection>(shard_.io_, shard_.tls_, post_.server.tls);
    resolver_.async_resolve(post_.server.host, post_.server.port,
                            step([](Exchange& self, const Tcp::resolver::results_type& found) {
                              self.connect(found);
                            }));
  }

  void connect(const Tcp::resolver::results_type& found) {
    asio::async_connect(connection_->socket, found, step([](Exchange& self, const auto&) {
                          ErrorCode ignored;
                          (void)self.connection_->socket.set_option(Tcp::no_delay(true), ignored);
                          if (self.post_.server.tls)
                            self.handshake();
                          else
                            self.write();
                        }));
  }

  void handshake() {
    auto& stream = *connection_->stream;
    const std::string& host = post_.server.host;
    SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    ErrorCode error;
    (void)stream.set_verify_callback(asio::ssl::host_name_verification(host), error);
    if (error) {
      on_error(error);
      return;
    }
    stream.async_handshake(asio::ssl::stream_base::client,
                           step([](Exchange& self) { self.write(); }));
  }

  void write() {
    stage_ = Stage::writing;
    auto next = step([](Exchange& self, size_t) { self.read(); });
    if (connection_->stream)
      http::async_write(*connection_->stream, request_, std::move(next));
    else
      http::async_write(connection_->socket, request_, std::move(next));
  }

  void read() {
    stage_ = Stage::reading;
    parser_.emplace();
    parser_->body_limit(shard_.options_.max_answer);
    auto next = step([](Exchange& self, size_t) { self.answered(); });
    if (connection_->stream)
      http::async_read(*connection_->stream, connection_->buffer, *parser_, std::move(next));
    else
      http::async_read(connection_->socket, connection_->buffer, *parser_, std::move(next));
  }

  void answered() {
    const auto& message = parser_->get();
    HttpAnswer answer;
    answer.kind = HttpAnswer::Kind::answered;
    answer.status = static_cast<int>(message.result_int());
    answer.retry_after = std::string(message[http::field::retry_after]);
    answer.business_usage = std::string(message["X-Business-Use-Case-Usage"]);
    const bool keep = message.keep_alive();
    answer.body = std::move(parser_->get().body());
    if (keep) shard_.keep(post_.server, std::move(connection_));
    finish(std::move(answer));
  }

  void on_error(ErrorCode error) {
    if (stage_ == Stage::writing && reused_) {
      // The server gave the kept connection up. It cannot act on half a request: once more, on a
      // new one.
      reused_ = false;
      connection_->close();
      retired_ = std::move(connection_);
      resolve();
      return;
    }
    fail(error.message());
  }

  // All of it may be out already, with only the handler that says so still to come.
  void on_late() {
    if (stage_ == Stage::writing) stage_ = Stage::reading;
    fail("no answer in time");
  }

  void fail(std::string why) {
    HttpAnswer answer;
    answer.kind = stage_ == Stage::connecting ? HttpAnswer::Kind::unreachable
                  : stage_ == Stage::writing  ? HttpAnswer::Kind::unsent
                                              : HttpAnswer::Kind::unknown;
    answer.error = std::move(why);
    finish(std::move(answer));
  }

  void finish(HttpAnswer answer) {
    if (!done_) return;
    const Done done = std::exchange(done_, nullptr);
    deadline_.cancel();
    resolver_.cancel();
    if (connection_) connection_->close();
    const auto self = shared_from_this();
    shard_.exchanges_.erase(self);
    done(std::move(answer));
  }

  Shard& shard_;
  HttpPost post_;
  Done done_;  // empty: finished
  Stage stage_ = Stage::connecting;
  bool reused_ = false;
  asio::steady_timer deadline_;
  Tcp::resolver resolver_;
  std::unique_ptr<Connection> connection_, retired_;
  http::request<http::string_body> request_;
  std::optional<http::response_parser<http::string_body>> parser_;
};

void HttpClient::Shard::post(HttpPost request, Done done) {
  asio::post(io_, [this, exchange = std::make_shared<Exchange>(*this, std::move(request),
                                                               std::move(done))] {
    exchanges_.insert(exchange);
    if (stopping_)
      exchange->abort();
    else
      exchange->start();
  });
}

void HttpClient::Shard::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    stopping_ = true;
    sweeper_.cancel();
    idle_.clear();
    while (!exchanges_.empty()) {
      const auto exchange = *exchanges_.begin();
      exchange->abort();
    }
    guard_.reset();
  });
  thread_.join();
}

std::unique_ptr<HttpClient::Connection> HttpClient::Shard::take_idle(const Url& url) {
  auto& kept = idle_[pool_key(url)];
  while (!kept.empty()) {
    auto connection = std::move(kept.back());  // the one used last is the likeliest to live
    kept.pop_back();
    if (connection->is_usable()) return connection;
  }
  return nullptr;
}

void HttpClient::Shard::keep(const Url& url, std::unique_ptr<Connection> connection) {
  auto& kept = idle_[pool_key(url)];
  if (stopping_ || kept.size() >= options_.idle_per_host) return;
  connection->idle_since = Clock::now();
  kept.push_back(std::move(connection));
  sweep();
}

// Closes what was idle for too long, and comes again while anything is.
void HttpClient::Shard::sweep() {
  if (sweeping_) return;
  sweeping_ = true;
  sweeper_.expires_after(options_.idle_time / 2);
  sweeper_.async_wait([this](ErrorCode error) {
    sweeping_ = false;
    if (error) return;
    const auto oldest = Clock::now() - options_.idle_time;
    for (auto it = idle_.begin(); it != idle_.end();) {
      auto& kept = it->second;
      while (!kept.empty() && kept.front()->idle_since < oldest) kept.pop_front();
      it = kept.empty() ? idle_.erase(it) : std::next(it);
    }
    if (!idle_.empty()) sweep();
  });
}

struct HttpClient::State {
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::atomic<size_t> next{0};
  std::atomic<bool> stopped{false};
};

HttpClient::HttpClient(const Options& options) : state_(std::make_unique<State>()) {
  state_->tls.set_default_verify_paths();
  state_->tls.set_verify_mode(asio::ssl::verify_peer);
  SSL_CTX_set_min_proto_version(state_->tls.native_handle(), TLS1_2_VERSION);
  for (unsigned i = 0; i < std::max(1U, options.threads); ++i)
    shards_.push_back(std::make_unique<Shard>(options, state_->tls));
}

HttpClient::~HttpClient() { stop(); }

void HttpClient::post(HttpPost request, Done done) {
  if (state_->stopped.load()) {
    HttpAnswer answer;
    answer.error = "the plugin is stopping";
    done(std::move(answer));
    return;
  }
  shards_[state_->next.fetch_add(1) % shards_.size()]->post(std::move(request), std::move(done));
}

void HttpClient::stop() {
  state_->stopped.store(true);
  for (const auto& shard : shards_) shard->stop();
}

}  // namespace gardu::meta_cloud
