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

namespace gardu::pusher {

enum class Io { done, want_read, want_write, closed };

struct SslContextDeleter {
  void operator()(ssl_ctx_st* context) const noexcept;
};
using SslContext = std::unique_ptr<ssl_ctx_st, SslContextDeleter>;

// TLS 1.2 and newer. Throws std::runtime_error that names the file at fault.
SslContext make_tls_context(const std::string& certificate_file, const std::string& key_file);

class Transport {
 public:
  // Takes the descriptor over, also when this throws. `tls` null: plain.
  Transport(int fd, ssl_ctx_st* tls);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // `got` bytes read; closed: the peer is done, or the stream broke.
  Io read(char* data, size_t size, size_t& got);
  // `sent` bytes are taken over, also when the answer is want_write.
  Io write(std::span<const iovec> pieces, size_t& sent);
  // No more will be written; the peer reads to the end.
  void finish();
  void close() noexcept;  // twice is fine

  int fd() const noexcept { return fd_; }
  // There may be input that the descriptor does not show.
  bool hides_input() const noexcept { return tls_ != nullptr; }

 private:
  struct Tls;
  Io write_tls(std::span<const iovec> pieces, size_t& sent);
  Io write_chunk(const char* data, size_t size, size_t& sent);
  Io tls_result(int result) const;

  int fd_;
  std::unique_ptr<Tls> tls_;  // null: plain
};

}  // namespace gardu::pusher
