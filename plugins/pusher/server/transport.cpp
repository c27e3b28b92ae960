// SPDX-License-Identifier: Apache-2.0
//
// Plain and TLS streams.
#include "server/transport.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace gardu::pusher {
namespace {

constexpr size_t kRecord = 16384;  // the most that one TLS record holds

std::string tls_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "unknown reason" : text;
}

}  // namespace

void SslContextDeleter::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

SslContext make_tls_context(const std::string& certificate_file, const std::string& key_file) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw std::runtime_error("tls: " + tls_reason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1)
    throw std::runtime_error("tls.certificate '" + certificate_file + "': " + tls_reason());
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)
    throw std::runtime_error("tls.key '" + key_file + "': " + tls_reason());
  return context;
}

struct Transport::Tls {
  struct Deleter {
    void operator()(SSL* session) const noexcept { SSL_free(session); }
  };
  std::unique_ptr<SSL, Deleter> session;
  // OpenSSL wants an interrupted write repeated with the same bytes, while the queue that they came
  // from may have changed: they are kept here.
  std::string unfinished;
};

Transport::Transport(int fd, ssl_ctx_st* tls) : fd_(fd) {
  if (tls == nullptr) return;
  try {
    tls_ = std::make_unique<Tls>();
    tls_->session.reset(SSL_new(tls));
    if (!tls_->session || SSL_set_fd(tls_->session.get(), fd) != 1)
      throw std::runtime_error("no TLS session");
  } catch (...) {
    close();
    throw;
  }
  SSL_set_accept_state(tls_->session.get());  // reading and writing do the handshake on their way
}

Transport::~Transport() { close(); }

void Transport::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Io Transport::read(char* data, size_t size, size_t& got) {
  got = 0;
  if (tls_) {
    ERR_clear_error();
    const int result = SSL_read_ex(tls_->session.get(), data, size, &got);
    return result == 1 ? Io::done : tls_result(result);
  }
  const ssize_t n = ::recv(fd_, data, size, MSG_DONTWAIT);
  if (n > 0) {
    got = static_cast<size_t>(n);
    return Io::done;
  }
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Io::want_read;
  return Io::closed;
}

Io Transport::write(std::span<const iovec> pieces, size_t& sent) {
  sent = 0;
  if (tls_) return write_tls(pieces, sent);
  if (pieces.empty()) return Io::done;
  constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  ssize_t n = 0;
  if (pieces.size() == 1) {  // less for the kernel to copy and to check
    n = ::send(fd_, pieces[0].iov_base, pieces[0].iov_len, kFlags);
  } else {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    n = ::sendmsg(fd_, &message, kFlags);
  }
  if (n >= 0) {
    sent = static_cast<size_t>(n);
    return Io::done;
  }
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Io::want_write : Io::closed;
}

Io Transport::write_tls(std::span<const iovec> pieces, size_t& sent) {
  while (!tls_->unfinished.empty()) {
    size_t n = 0;
    const Io io = write_chunk(tls_->unfinished.data(), tls_->unfinished.size(), n);
    if (io != Io::done) return io;
    tls_->unfinished.erase(0, n);
  }
  std::array<char, kRecord> chunk;
  size_t size = 0;
  for (const iovec& piece : pieces) {
    const size_t n = std::min(piece.iov_len, chunk.size() - size);
    std::memcpy(chunk.data() + size, piece.iov_base, n);
    size += n;
    if (size == chunk.size()) break;
  }
  if (size == 0) return Io::done;
  const Io io = write_chunk(chunk.data(), size, sent);
  if (io != Io::want_write && io != Io::want_read) return io;
  tls_->unfinished.assign(chunk.data(), size);
  sent = size;
  return io;
}

Io Transport::write_chunk(const char* data, size_t size, size_t& sent) {
  ERR_clear_error();
  const int result = SSL_write_ex(tls_->session.get(), data, size, &sent);
  return result == 1 ? Io::done : tls_result(result);
}

Io Transport::tls_result(int result) const {
  switch (SSL_get_error(tls_->session.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Io::want_read;
    case SSL_ERROR_WANT_WRITE:
      return Io::want_write;
    default:
      return Io::closed;
  }
}

void Transport::finish() {
  if (tls_ && SSL_is_init_finished(tls_->session.get()) != 0) {
    ERR_clear_error();
    SSL_shutdown(tls_->session.get());
  }
  ::shutdown(fd_, SHUT_WR);
}

}  // namespace gardu::pusher
