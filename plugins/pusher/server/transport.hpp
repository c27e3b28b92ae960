// SPDX-License-Identifier: Apache-2.0
//
// A non-blocking stream over a socket, plain or TLS. It never waits: it says what to wait for.
// Belongs to the thread of its connection.
#pragma once
#include <sys/uio.h>

#include <memory>
#include <span>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace gardu::pusher {

enum class Io { done, want_read, want_write, closed };

struct SslContextDeleter {
  void operator()(ssl_ctx_st* context) const noexcept;
};
struct SslDeleter {
  void operator()(ssl_st* ssl) const noexcept;
};
using SslContext = std::unique_ptr<ssl_ctx_st, SslContextDeleter>;

// TLS 1.2 and newer. Throws std::runtime_error that names the file at fault.
SslContext make_tls_context(const std::string& certificate_file, const std::string& key_file);

class Transport {
 public:
  // `fd` stays its socket's; `tls` null: plain.
  Transport(int fd, ssl_ctx_st* tls);

  // `got` bytes read; closed: the peer is done, or the stream broke.
  Io read(char* data, size_t size, size_t& got);
  // `sent` bytes are taken over, also when the answer is want_write.
  Io write(std::span<const iovec> pieces, size_t& sent);
  // No more will be written; the peer reads to the end.
  void finish();

 private:
  Io write_tls(std::span<const iovec> pieces, size_t& sent);
  Io write_chunk(const char* data, size_t size, size_t& sent);
  Io tls_result(int result) const;

  int fd_;
  std::unique_ptr<ssl_st, SslDeleter> ssl_;
  // OpenSSL wants an interrupted write repeated with the same bytes, while the queue that they came
  // from may have changed: they are kept here.
  std::string unfinished_;
};

}  // namespace gardu::pusher
