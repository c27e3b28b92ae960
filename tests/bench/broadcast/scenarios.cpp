// SPDX-License-Identifier: Apache-2.0
#include "scenarios.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "crowd.hpp"

namespace gardu::bench {
namespace {

using nlohmann::json;

void add_streams(Load& load, const std::string& prefix, size_t count) {
  const size_t publishers = std::max<size_t>(1, load.options.publishers);
  for (size_t i = 0; i < count; ++i)
    load.streams.push_back(std::make_unique<Stream>(prefix + "bench-" + std::to_string(i),
                                                    publishers, load.options.payload));
}

void add_crowd(Load& load, Crowd& crowd) {
  add_streams(load, load.options.private_channels ? "private-" : "", load.options.channels);
  for (size_t i = 0; i < load.options.subscribers; ++i)
    crowd.add(load.streams[i % load.streams.size()].get());
}

json latencies(const Histogram& h) {
  return {{"p50", h.micros(0.5)}, {"p99", h.micros(0.99)}, {"p999", h.micros(0.999)}};
}

void hold(Load& load, double seconds) {
  const int64_t end = now_ns() + static_cast<int64_t>(seconds * kSecond);
  while (now_ns() < end) load.poller.wait(kSecond / 50);
}

void check_delivered(const Load& load) {
  for (const auto& stream : load.streams)
    if (stream->incomplete() != 0)
      throw std::runtime_error(stream->channel() + ": not everybody has everything");
}

json publishing(Load& load, bool own_streams) {
  const Options& o = load.options;
  Crowd crowd(load);
  add_crowd(load, crowd);
  crowd.start(o.parallel);
  crowd.add_publishers();
  crowd.publish(o.warmup, 0, 0, own_streams);
  load.measuring = true;
  const Meter meter(load);
  crowd.publish(o.events, o.seconds, o.rate, own_streams);
  const auto units = own_streams ? load.acknowledged : load.delivered;
  json out = meter.per(static_cast<double>(units));
  load.measuring = false;
  check_delivered(load);
  out["latency"] = latencies(load.latency);
  out["acknowledgement"] = latencies(load.acknowledgement);
  out["published"] = load.acknowledged;
  out["delivered"] = load.delivered;
  crowd.close_all();
  return out;
}

}  // namespace

json fanout(Load& load) { return publishing(load, false); }
json publish(Load& load) { return publishing(load, true); }

json connect(Load& load) {
  const int64_t before = resident(load.options.server);
  Crowd crowd(load);
  add_crowd(load, crowd);
  const Meter meter(load);
  crowd.start(load.options.parallel);
  json out = meter.per(static_cast<double>(load.ready));
  hold(load, load.options.seconds);
  const auto bytes = static_cast<double>(resident(load.options.server) - before);
  out["bytes"] = bytes / static_cast<double>(load.ready);
  out["subscribed"] = latencies(load.subscribed);
  crowd.close_all();
  hold(load, load.options.seconds / 4);
  out["rss_before"] = before;
  out["rss_after"] = resident(load.options.server);
  return out;
}

json whispers(Load& load) {
  const Options& o = load.options;
  Crowd crowd(load);
  add_streams(load, "private-", o.channels);
  int64_t end = 0;
  size_t left = 0;
  const auto more = [&] { return left > 0 && (end == 0 || now_ns() < end); };
  for (const auto& stream : load.streams) {
    Subscriber& sender = crowd.add(stream.get());
    sender.silent = true;
    crowd.add(stream.get()).on_event = [&] {
      if (!more()) return;
      --left;
      ++load.open;
      sender.whisper();
    };
    stream->audience = 1;
  }
  crowd.start(o.parallel);
  const auto round = [&](size_t events, double seconds) {
    end = seconds > 0 ? now_ns() + static_cast<int64_t>(seconds * kSecond) : 0;
    left = events == 0 ? SIZE_MAX : events;
    for (size_t w = 0; w < o.window; ++w)
      for (size_t i = 0; i < crowd.subscribers.size() && more(); i += 2) {
        --left;
        ++load.open;
        crowd.subscribers[i]->whisper();
      }
    crowd.await([&] { return load.open == 0; }, "client events");
  };
  round(o.warmup, 0);
  load.measuring = true;
  const Meter meter(load);
  round(o.events, o.seconds);
  json out = meter.per(static_cast<double>(load.delivered));
  check_delivered(load);
  out["latency"] = latencies(load.latency);
  out["delivered"] = load.delivered;
  return out;
}

json presence(Load& load) {
  const size_t count = load.options.subscribers;
  Crowd crowd(load);
  add_streams(load, "presence-", 1);
  for (size_t i = 0; i < count; ++i) crowd.add(load.streams[0].get()).join_later = true;
  crowd.start(load.options.parallel);
  const size_t pairs = count * (count - 1) / 2;
  const Meter meter(load);
  load.ready = 0;
  size_t asked = 0;
  crowd.await(
      [&] {
        while (asked < count && asked - load.ready < load.options.parallel)
          crowd.subscribers[asked++]->subscribe();
        return load.ready == count && load.joins == pairs;
      },
      "members");
  for (const auto& subscriber : crowd.subscribers)
    if (subscriber->members().size() != count) throw std::runtime_error("members are missing");
  // One stays, who is told of all the others; these are told of those that left before they did.
  const Subscriber& last = *crowd.subscribers.back();
  for (size_t i = 0; i + 1 < count; ++i) crowd.subscribers[i]->unsubscribe();
  crowd.await([&] { return last.members().size() == 1; }, "departures");
  json out = meter.per(static_cast<double>(count));
  out["joins"] = load.joins;
  out["leaves"] = load.leaves;
  return out;
}

}  // namespace gardu::bench
