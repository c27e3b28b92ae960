// SPDX-License-Identifier: Apache-2.0
#include "plugins/channel.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>

namespace gardu::host {
namespace {

struct Header {
  std::uint64_t size;  // of the payload
  std::uint64_t call;
  std::uint64_t kind;
};

// More than the largest answer of a service, with room for what surrounds it.
constexpr std::uint64_t kLargestFrame = 160ULL << 20U;
constexpr std::size_t kReadAhead = 256U << 10U;

// The bytes of the socket, read ahead.
class Input {
 public:
  explicit Input(int socket) : socket_(socket), buffer_(kReadAhead, '\0') {}
  bool take(char* out, std::size_t size) {
    while (size > 0) {
      if (from_ == to_ && !fill()) return false;
      const std::size_t n = std::min(size, to_ - from_);
      std::memcpy(out, buffer_.data() + from_, n);
      from_ += n;
      out += n;
      size -= n;
    }
    return true;
  }

 private:
  bool fill() {
    for (;;) {
      const ssize_t n = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      from_ = 0;
      to_ = static_cast<std::size_t>(n);
      return true;
    }
  }
  const int socket_;
  std::string buffer_;
  std::size_t from_ = 0, to_ = 0;
};

}  // namespace

Channel::Channel(int socket) : socket_(socket) {}

Channel::~Channel() {
  close();
  join();
  ::close(socket_);
}

void Channel::start(OnFrame on_frame, std::function<void()> on_end) {
  thread_ = std::thread([this, on_frame = std::move(on_frame), on_end = std::move(on_end)] {
    try {
      read(on_frame);
    } catch (const std::exception&) {
      // Out of memory, or a frame that makes no sense: as if the other side were gone.
    }
    close();
    std::map<std::uint64_t, OnAnswer> waiting;
    {
      const std::lock_guard lock(mutex_);
      waiting.swap(waiting_);
    }
    for (const auto& [call, on_answer] : waiting) on_answer(nullptr);
    on_end();
  });
}

void Channel::read(const OnFrame& on_frame) {
  Input in(socket_);
  for (;;) {
    Header header{};
    if (!in.take(reinterpret_cast<char*>(&header), sizeof header)) return;
    if (header.size > kLargestFrame) return;
    std::string payload(static_cast<std::size_t>(header.size), '\0');
    if (!in.take(payload.data(), payload.size())) return;
    if ((header.call & kAnswer) == 0) {
      on_frame(static_cast<FrameKind>(header.kind), header.call, std::move(payload));
      continue;
    }
    OnAnswer on_answer;
    {
      const std::lock_guard lock(mutex_);
      const auto node = waiting_.extract(header.call & ~kAnswer);
      if (node) on_answer = std::move(node.mapped());
    }
    if (on_answer) on_answer(&payload);  // else nobody waits for it any more
  }
}

bool Channel::write(FrameKind kind, std::uint64_t call, std::string_view payload) {
  Header header{payload.size(), call, static_cast<std::uint64_t>(kind)};
  iovec parts[2] = {{&header, sizeof header}, {const_cast<char*>(payload.data()), payload.size()}};
  const std::lock_guard lock(writing_);
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  while (message.msg_iovlen > 0) {
    const ssize_t sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    auto left = static_cast<std::size_t>(sent);
    while (message.msg_iovlen > 0 && left >= message.msg_iov->iov_len) {
      left -= message.msg_iov->iov_len;
      ++message.msg_iov;
      --message.msg_iovlen;
    }
    if (message.msg_iovlen > 0) {
      message.msg_iov->iov_base = static_cast<char*>(message.msg_iov->iov_base) + left;
      message.msg_iov->iov_len -= left;
    }
  }
  return true;
}

void Channel::ask(FrameKind kind, std::string_view payload, OnAnswer on_answer) {
  std::uint64_t call = 0;
  {
    const std::lock_guard lock(mutex_);
    if (open_) {
      call = ++last_call_;
      waiting_.emplace(call, on_answer);
    }
  }
  // A write that fails is found by the reader too, which then tells everybody.
  if (call == 0) {
    on_answer(nullptr);
  } else {
    (void)write(kind, call, payload);
  }
}

std::optional<std::string> Channel::call(FrameKind kind, std::string_view payload,
                                         std::optional<std::chrono::milliseconds> limit) {
  struct Wait {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::optional<std::string> answer;
  };
  const auto wait = std::make_shared<Wait>();
  ask(kind, payload, [wait](const std::string* answer) {
    const std::lock_guard lock(wait->mutex);
    wait->done = true;
    if (answer != nullptr) wait->answer = *answer;
    wait->changed.notify_all();
  });
  std::unique_lock lock(wait->mutex);
  const auto done = [&] { return wait->done; };
  if (limit) {
    wait->changed.wait_for(lock, *limit, done);
  } else {
    wait->changed.wait(lock, done);
  }
  return std::move(wait->answer);
}

bool Channel::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void Channel::close() {
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  ::shutdown(socket_, SHUT_RDWR);
}

void Channel::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace gardu::host
