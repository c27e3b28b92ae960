// SPDX-License-Identifier: Apache-2.0
//
// What the kernel alone costs: a WebSocket fan-out server without a single check. It subscribes
// whoever asks to whatever is asked for, passes on what is POSTed as it is, and writes what waits
// for a socket in one writev. Prints its port; serves 127.0.0.1 until it is killed.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "signing.hpp"

namespace {

using Frame = std::shared_ptr<const std::string>;
struct Client {
  explicit Client(int socket) : fd(socket) {}
  int fd;
  bool upgraded = false, dirty = false;
  std::string in;
  std::deque<Frame> waiting;
  size_t written = 0;  // of the first
  std::string channel, user;
};
struct Channel {
  std::vector<Client*> clients;
  std::string ids;  // of a presence channel, ready for its list
};

int epoll_fd = -1;
std::array<char, 1U << 18U> buffer;
std::unordered_map<std::string, Channel> channels;
std::vector<Client*> dirty;

Frame framed(std::string_view text) {
  std::string out(1, '\x81');
  if (text.size() < 126) {
    out.push_back(static_cast<char>(text.size()));
  } else {
    out.push_back(126);
    out.push_back(static_cast<char>(text.size() >> 8U));
    out.push_back(static_cast<char>(text.size()));
  }
  return std::make_shared<const std::string>(out.append(text));
}

void queue(Client& client, Frame frame) {
  client.waiting.push_back(std::move(frame));
  if (!client.dirty) dirty.push_back(&client);
  client.dirty = true;
}

void fan_out(const std::string& channel, std::string_view text, const Client* except) {
  const Frame frame = framed(text);
  for (Client* client : channels[channel].clients)
    if (client != except) queue(*client, frame);
}

void flush(Client& client) {
  client.dirty = false;
  while (client.fd >= 0 && !client.waiting.empty()) {
    std::array<iovec, 64> parts{};
    const size_t count = std::min(parts.size(), client.waiting.size());
    for (size_t i = 0; i < count; ++i) {
      const size_t skip = i == 0 ? client.written : 0;
      parts[i] = {const_cast<char*>(client.waiting[i]->data()) + skip,
                  client.waiting[i]->size() - skip};
    }
    const ssize_t n = ::writev(client.fd, parts.data(), static_cast<int>(count));
    if (n <= 0) return;  // EPOLLOUT, edge-triggered, says when to go on
    client.written += static_cast<size_t>(n);
    while (!client.waiting.empty() && client.written >= client.waiting.front()->size()) {
      client.written -= client.waiting.front()->size();
      client.waiting.pop_front();
    }
  }
}

// The text after `before` up to the next quote that is not escaped.
std::string text_after(std::string_view in, std::string_view before) {
  const size_t at = in.find(before);
  if (at == std::string_view::npos) return {};
  size_t end = at + before.size();
  while (end < in.size() && in[end] != '"') end += in[end] == '\\' ? 2 : 1;
  return std::string(in.substr(at + before.size(), end - at - before.size()));
}

std::string announcement(const char* event, const std::string& channel, const std::string& data) {
  return R"({"event":"pusher_internal:)" + std::string(event) + R"(","channel":")" + channel +
         R"(","data":")" + data + "\"}";
}

void subscribe(Client& client, std::string_view text) {
  client.channel = text_after(text, R"("channel":")");
  Channel& channel = channels[client.channel];
  std::string data = "{}";
  if (client.channel.starts_with("presence-")) {
    const std::string who = text_after(text, R"("channel_data":")");
    std::string user = text_after(who, R"(user_id\":\")");
    user.resize(user.find('\\'));
    client.user = R"({\"user_id\":\")" + user + R"(\"})";
    fan_out(client.channel, announcement("member_added", client.channel, who), nullptr);
    channel.ids += (channel.ids.empty() ? R"(\")" : R"(,\")") + user + R"(\")";
    data = R"({\"presence\":{\"count\":)" + std::to_string(channel.clients.size() + 1) +
           R"(,\"ids\":[)" + channel.ids + R"(],\"hash\":{}}})";
  }
  channel.clients.push_back(&client);
  queue(client, framed(announcement("subscription_succeeded", client.channel, data)));
}

void leave(Client& client) {
  if (client.channel.empty()) return;
  std::erase(channels[client.channel].clients, &client);
  if (!client.user.empty())
    fan_out(client.channel, announcement("member_removed", client.channel, client.user), nullptr);
  client.channel.clear();
}

void message(Client& client, std::string_view text) {
  if (text.find(R"("event":"client-)") != std::string_view::npos)
    fan_out(text_after(text, R"("channel":")"), text, &client);
  else if (text.find("pusher:unsubscribe") != std::string_view::npos)
    leave(client);
  else
    subscribe(client, text);
}

// Answers what it used up of the input; npos: the client is done.
size_t frame(Client& client, std::string& in, size_t from) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(in[from + i]); };
  const size_t have = in.size() - from;
  if (have < 6) return 0;
  size_t size = at(1) & 127U, head = 6;
  if (size == 126) {
    if (have < 8) return 0;
    size = static_cast<size_t>(at(2)) << 8U | at(3);
    head = 8;
  }
  if (have < head + size) return 0;
  if ((at(0) & 15U) == 8) return std::string::npos;
  char* text = in.data() + from + head;
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(text[i] ^ text[(i & 3U) - 4]);
  message(client, {text, size});
  return head + size;
}

size_t request(Client& client, const std::string& in) {
  const size_t end = in.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  if (in.starts_with("GET")) {
    const size_t at = in.find("Sec-WebSocket-Key: ") + 19;
    const std::string key = in.substr(at, in.find('\r', at) - at);
    client.upgraded = true;
    queue(client, std::make_shared<const std::string>(
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                      "Upgrade\r\nSec-WebSocket-Accept: " +
                      gardu::bench::websocket_accept(key) + "\r\n\r\n"));
    queue(client, framed(R"({"event":"pusher:connection_established","data":)"
                         R"("{\"socket_id\":\"1.1\",\"activity_timeout\":30}"})"));
    return end + 4;
  }
  const size_t size = std::stoul(in.substr(in.find("Content-Length: ") + 16));
  if (in.size() < end + 4 + size) return 0;
  const std::string_view body = std::string_view(in).substr(end + 4, size);
  queue(client,
        std::make_shared<const std::string>("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
  fan_out(text_after(body, R"("channels":[")"), body, nullptr);
  return end + 4 + size;
}

// Whether it goes on.
bool take(Client& client) {
  size_t done = 0;
  while (done < client.in.size()) {
    const size_t used =
        client.upgraded ? frame(client, client.in, done) : request(client, client.in);
    if (used == std::string::npos) return false;
    if (used == 0) break;
    done += used;
  }
  client.in.erase(0, done);
  if (client.in.empty()) client.in = {};
  return true;
}

bool read(Client& client) {
  for (;;) {
    const ssize_t n = ::recv(client.fd, buffer.data(), buffer.size(), 0);
    if (n == 0) return false;
    if (n < 0) return errno == EAGAIN;
    client.in.append(buffer.data(), static_cast<size_t>(n));
    if (!take(client)) return false;
    if (static_cast<size_t>(n) < buffer.size()) return true;
  }
}

void accept_all(int listener) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = new Client(fd);
    ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

void serve(int listener) {
  std::array<epoll_event, 1024> events;
  std::vector<Client*> gone;
  for (;;) {
    const int count = ::epoll_wait(epoll_fd, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      auto* client = static_cast<Client*>(events[static_cast<size_t>(i)].data.ptr);
      if (client == nullptr) {
        accept_all(listener);
      } else if (!read(*client)) {
        leave(*client);
        gone.push_back(client);
      } else if (!client->waiting.empty()) {
        flush(*client);
      }
    }
    for (Client* client : dirty) flush(*client);
    dirty.clear();
    for (Client* client : gone) {
      ::close(client->fd);
      delete client;
    }
    gone.clear();
  }
}

}  // namespace

int main() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 4096) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return 1;
  std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  serve(listener);
}
