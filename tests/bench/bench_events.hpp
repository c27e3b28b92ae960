// SPDX-License-Identifier: Apache-2.0
//
// What the benchmarks of plugins have in common: events of ordinary size, the clock, the rows that
// they print, and what they are compared with.
#pragma once
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "event/event.hpp"

namespace gardu::host {

inline std::int64_t cpu_ns() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto ns = [](const timeval& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 +
           static_cast<std::int64_t>(t.tv_usec) * 1'000;
  };
  return ns(u.ru_utime) + ns(u.ru_stime);
}

inline EventRef make_event(std::int64_t seq) {
  storage::Message m;
  m.id = "01a1fd35-ff6d-705e-808e-5dec4d60a487";
  m.workspace_id = m.account_id = m.contact_id = m.id;
  m.direction = "inbound";
  m.type = "text";
  m.status = "received";
  m.text = "a text of ordinary length, as people write them all day";
  storage::JournalEntry e;
  e.seq = seq;
  e.id = m.id;
  e.type = "message.received";
  e.workspace_id = m.workspace_id;
  e.account_id = m.account_id;
  e.contact_id = m.contact_id;
  e.source = "plugin:bench";
  e.data = R"({"message":{"id":"01a1fd35-ff6d-705e-808e-5dec4d60a487","text":"a text"}})";
  return EventBlock::make(std::move(e), 0, std::move(m), std::nullopt);
}

inline std::vector<EventRef> bench_events(std::size_t count) {
  std::vector<EventRef> events;
  for (std::size_t i = 0; i < count; ++i)
    events.push_back(make_event(static_cast<std::int64_t>(i) + 1));
  return events;
}

// Prints nanoseconds of CPU an event, and how many times `base` that is; gives the former.
inline double bench_row(const char* what, std::int64_t ns, std::size_t events, double base) {
  const double each = static_cast<double>(ns) / static_cast<double>(events);
  std::printf("%-44s %10.1f ns CPU/event  %8.1f x\n", what, each, base > 0 ? each / base : 1.0);
  return each;
}

struct Receiver {
  virtual ~Receiver() = default;
  virtual void take(const gardu_event& e) = 0;
};
struct Counting final : Receiver {
  std::int64_t seen = 0;
  void take(const gardu_event& e) override { seen += e.seq; }
};

inline double bench_virtual_calls(const std::vector<EventRef>& events) {
  const std::unique_ptr<Receiver> receiver = std::make_unique<Counting>();
  // Often enough that the clock's grain does not show.
  constexpr int kRounds = 200;
  const auto start = cpu_ns();
  for (int i = 0; i < kRounds; ++i)
    for (const EventRef& e : events) receiver->take(e->view());
  const auto ns = (cpu_ns() - start) / kRounds;
  bench_row("a virtual call", ns, events.size(), 0);
  return static_cast<double>(ns) / static_cast<double>(events.size());
}

inline void bench_json_text(const std::vector<EventRef>& events, double base) {
  const auto start = cpu_ns();
  std::size_t sum = 0;
  for (const EventRef& e : events) {
    const nlohmann::json out{{"seq", e->view().seq},
                             {"type", e->entry().type},
                             {"data", nlohmann::json::parse(e->entry().data)}};
    sum += nlohmann::json::parse(out.dump()).size();
  }
  bench_row(sum > 0 ? "JSON text, written and read" : "", cpu_ns() - start, events.size(), base);
}

}  // namespace gardu::host
