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
// A frame is as few packets as possible: each wakes its reader once. The first begins with the
// header.
constexpr std::size_t kPacket = 128U << 10U;

// 0: the other side is gone.
std::size_t receive(int socket, char* out, std::size_t size) {
  for (;;) {
    const ssize_t n = ::recv(socket, out, size, 0);
    if (n < 0 && errno == EINTR) continue;
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }
}

bool send_packet(int socket, iovec* parts, std::size_t count) {
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  for (;;) {
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

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
  std::string packet(kPacket, '\0');
  for (;;) {
    std::size_t got = receive(socket_, packet.data(), packet.size());
    Header header{};
    if (got < sizeof header) return;
    std::memcpy(&header, packet.data(), sizeof header);
    got -= sizeof header;
    if (header.size > kLargestFrame || got > header.size) return;
    std::string payload(packet, sizeof header, got);
    payload.resize(static_cast<std::size_t>(header.size));
    while (got < payload.size()) {
      const std::size_t more = receive(socket_, payload.data() + got, payload.size() - got);
      if (more == 0) return;
      got += more;
    }
    deliver(on_frame, header.kind, header.call, std::move(payload));
  }
}

void Channel::deliver(const OnFrame& on_frame, std::uint64_t kind, std::uint64_t call,
                      std::string payload) {
  if ((call & kAnswer) == 0) {
    on_frame(static_cast<FrameKind>(kind), call, std::move(payload));
    return;
  }
  OnAnswer on_answer;
  {
    const std::lock_guard lock(mutex_);
    const auto node = waiting_.extract(call & ~kAnswer);
    if (node) on_answer = std::move(node.mapped());
  }
  if (on_answer) on_answer(&payload);  // else nobody waits for it any more
}

bool Channel::write(FrameKind kind, std::uint64_t call, std::string_view payload) {
  Header header{payload.size(), call, static_cast<std::uint64_t>(kind)};
  const auto take = [&](std::size_t most) {
    const std::string_view part = payload.substr(0, most);
    payload.remove_prefix(part.size());
    return iovec{const_cast<char*>(part.data()), part.size()};
  };
  const std::lock_guard lock(writing_);
  iovec first[2] = {{&header, sizeof header}, take(kPacket - sizeof header)};
  if (!send_packet(socket_, first, 2)) return false;
  while (!payload.empty()) {
    iovec next = take(kPacket);
    if (!send_packet(socket_, &next, 1)) return false;
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
    {
      const std::lock_guard lock(wait->mutex);
      wait->done = true;
      if (answer != nullptr) wait->answer = *answer;
    }
    wait->changed.notify_one();  // unlocked, so that who waits does not wake into a wait
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
