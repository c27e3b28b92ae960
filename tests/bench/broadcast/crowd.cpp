// SPDX-License-Identifier: Apache-2.0
#include "crowd.hpp"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace gardu::bench {
namespace {

constexpr int64_t kLook = kSecond / 50;
constexpr int64_t kPatience = 60 * kSecond;
constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

}  // namespace

Meter::Meter(const Load& load)
    : load_(load),
      began_ns_(now_ns()),
      server_ns_(cpu_ns(load.options.server)),
      own_ns_(cpu_ns(::getpid())) {}

nlohmann::json Meter::per(double units) const {
  const auto micros = [&](int64_t ns) { return static_cast<double>(ns) / 1000 / units; };
  const double seconds = static_cast<double>(now_ns() - began_ns_) / kSecond;
  return {{"units", units},
          {"cpu_us", micros(cpu_ns(load_.options.server) - server_ns_)},
          {"own_us", micros(cpu_ns(::getpid()) - own_ns_)},
          {"per_second", units / seconds},
          {"rss", resident(load_.options.server)}};
}

Subscriber& Crowd::add(Stream* stream) {
  subscribers.push_back(std::make_unique<Subscriber>(load_, subscribers.size(), stream));
  if (stream != nullptr) ++stream->audience;
  return *subscribers.back();
}

void Crowd::await(const std::function<bool()>& holds, const char* what) {
  load_.last_ns = now_ns();
  while (!holds()) {
    load_.poller.wait(kLook);
    if (load_.ended != 0) throw std::runtime_error(std::string("closed while waiting for ") + what);
    if (now_ns() - load_.last_ns > kPatience)
      throw std::runtime_error(std::string("waited too long for ") + what);
  }
}

void Crowd::start(size_t parallel) {
  size_t begun = 0;
  await(
      [&] {
        while (begun < subscribers.size() && begun - load_.ready < parallel)
          subscribers[begun++]->start();
        return load_.ready == subscribers.size();
      },
      "subscriptions");
}

void Crowd::add_publishers() {
  for (size_t i = 0; i < load_.options.publishers; ++i) {
    publishers.push_back(std::make_unique<Publisher>(load_, i));
    publishers.back()->start();
  }
  await([&] { return std::ranges::all_of(publishers, [](const auto& p) { return p->idle(); }); },
        "publishers");
}

Stream& Crowd::stream_for(size_t publisher, bool own) {
  return *load_.streams[(own ? publisher : turn_++) % load_.streams.size()];
}

void Crowd::publish(size_t events, double seconds, double rate, bool own_streams) {
  const int64_t began = now_ns();
  const int64_t end = seconds > 0 ? began + static_cast<int64_t>(seconds * kSecond) : kForever;
  const size_t most = events == 0 ? std::numeric_limits<size_t>::max() : events;
  size_t sent = 0;
  const auto due = [&] {
    return rate > 0 ? began + static_cast<int64_t>(static_cast<double>(sent) * kSecond / rate)
                    : int64_t{0};
  };
  load_.last_ns = began;
  while (sent < most && now_ns() < end) {
    for (size_t i = 0; i < publishers.size() && sent < most; ++i) {
      if (!publishers[i]->idle() || due() > now_ns()) continue;
      if (rate <= 0 && load_.open >= load_.options.window) break;
      publishers[i]->publish(stream_for(i, own_streams), rate > 0 ? due() : now_ns());
      ++sent;
    }
    const bool late = rate <= 0 || due() <= now_ns();
    load_.poller.wait(late ? kLook : std::min(due() - now_ns(), kLook));
    if (load_.ended != 0 || now_ns() - load_.last_ns > kPatience)
      throw std::runtime_error("events do not arrive any more");
  }
  await(
      [&] {
        return load_.open == 0 &&
               std::ranges::none_of(publishers, [](const auto& p) { return p->busy(); });
      },
      "the last events");
}

void Crowd::close_all() {
  for (const auto& subscriber : subscribers) subscriber->close();
  await(
      [&] { return std::ranges::none_of(subscribers, [](const auto& s) { return s->is_open(); }); },
      "the closing handshakes");
}

}  // namespace gardu::bench
