// SPDX-License-Identifier: Apache-2.0
//
// What an event costs on its way through a plugin that does nothing.
//   plugin_events NOOP.so [events]
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "event/event.hpp"
#include "metrics/metrics.hpp"
#include "null_services.hpp"
#include "plugins/host_table.hpp"
#include "plugins/instance.hpp"
#include "plugins/library.hpp"
#include "plugins/loaded_code.hpp"

namespace {

using namespace gardu::host;

std::int64_t cpu_ns() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto ns = [](const timeval& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 +
           static_cast<std::int64_t>(t.tv_usec) * 1'000;
  };
  return ns(u.ru_utime) + ns(u.ru_stime);
}

EventRef make_event(std::int64_t seq) {
  gardu::storage::Message m;
  m.id = "01a1fd35-ff6d-705e-808e-5dec4d60a487";
  m.workspace_id = m.account_id = m.contact_id = m.id;
  m.direction = "inbound";
  m.type = "text";
  m.status = "received";
  m.text = "a text of ordinary length, as people write them all day";
  gardu::storage::JournalEntry e;
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

void row(const char* what, std::int64_t ns, std::size_t events, double base) {
  const double each = static_cast<double>(ns) / static_cast<double>(events);
  std::printf("%-44s %10.1f ns CPU/event  %8.1f x\n", what, each, base > 0 ? each / base : 1.0);
}

struct Receiver {
  virtual ~Receiver() = default;
  virtual void take(const gardu_event& e) = 0;
};
struct Counting final : Receiver {
  std::int64_t seen = 0;
  void take(const gardu_event& e) override { seen += e.seq; }
};

double virtual_calls(const std::vector<EventRef>& events) {
  const std::unique_ptr<Receiver> receiver = std::make_unique<Counting>();
  // Often enough that the clock's grain does not show.
  constexpr int kRounds = 200;
  const auto start = cpu_ns();
  for (int i = 0; i < kRounds; ++i)
    for (const EventRef& e : events) receiver->take(e->view());
  const auto ns = (cpu_ns() - start) / kRounds;
  row("a virtual call", ns, events.size(), 0);
  return static_cast<double>(ns) / static_cast<double>(events.size());
}

void json_text(const std::vector<EventRef>& events, double base) {
  const auto start = cpu_ns();
  std::size_t sum = 0;
  for (const EventRef& e : events) {
    const nlohmann::json out{{"seq", e->view().seq},
                             {"type", e->entry().type},
                             {"data", nlohmann::json::parse(e->entry().data)}};
    sum += nlohmann::json::parse(out.dump()).size();
  }
  row(sum > 0 ? "JSON text, written and read" : "", cpu_ns() - start, events.size(), base);
}

// The table's function alone, on this thread.
void boundary(gardu_plugin& plugin, const std::vector<EventRef>& events, std::size_t batch,
              double base) {
  constexpr int kRounds = 50;
  std::vector<const gardu_event*> views(batch);
  std::vector<std::int32_t> results(batch);
  const auto start = cpu_ns();
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t i = 0; i + batch <= events.size(); i += batch) {
      for (std::size_t k = 0; k < batch; ++k) views[k] = &events[i + k]->view();
      std::fill(results.begin(), results.end(), GARDU_OK);
      gardu_error error = gardu::Status::record();
      plugin.on_events(plugin.self, views.data(), static_cast<std::uint32_t>(batch), results.data(),
                       &error);
    }
  const std::string what = "the boundary, batches of " + std::to_string(batch);
  row(what.c_str(), (cpu_ns() - start) / kRounds, events.size(), base);
}

// From the feed over the subscription and the mailbox into the plugin, until it has seen all.
void whole_way(PluginServices& services, PluginInstance& plugin,
               const std::vector<EventRef>& events, double base) {
  const std::uint64_t before = plugin.info().events;
  const auto start = cpu_ns();
  constexpr std::size_t kCommit = 64;  // events that one commit announces
  for (std::size_t i = 0; i < events.size(); i += kCommit) {
    const auto end = std::min(events.size(), i + kCommit);
    services.feed().publish({events.begin() + static_cast<std::ptrdiff_t>(i),
                             events.begin() + static_cast<std::ptrdiff_t>(end)});
    // The ring holds some thousand; a publisher that outran it would make the plugin read the
    // journal.
    while (i + kCommit - (plugin.info().events - before) > 4096) std::this_thread::yield();
  }
  while (plugin.info().events - before < events.size()) std::this_thread::yield();
  row("feed, mailbox and boundary (both threads)", cpu_ns() - start, events.size(), base);
}

int run(const char* path, std::size_t count) {
  auto file = read_plugin_file(std::filesystem::absolute(path));
  if (!file) {
    std::fprintf(stderr, "%s\n", file.status().message().c_str());
    return 1;
  }
  const auto cache =
      std::filesystem::temp_directory_path() / ("gardu-bench-" + std::to_string(::getpid()));
  const auto library = Library::load(*file, cache);
  std::filesystem::remove_all(cache);
  if (!library) {
    std::fprintf(stderr, "%s\n", library.status().message().c_str());
    return 1;
  }
  std::vector<EventRef> events;
  for (std::size_t i = 0; i < count; ++i)
    events.push_back(make_event(static_cast<std::int64_t>(i) + 1));
  NullData data;
  NullServices services(data);
  PluginInstance instance(*file, {"{}", "/tmp", "bench", false, {}, {}, {}}, services);
  gardu_host host = make_host_table(instance, "bench", "noop", "/tmp");
  gardu_plugin plugin{};
  plugin.size = sizeof plugin;
  gardu_error error = gardu::Status::record();
  if (library->create()(&host, &plugin, &error) != GARDU_OK) return 1;
  const double base = virtual_calls(events);
  for (const std::size_t batch : {1U, 16U, 64U}) boundary(plugin, events, batch, base);
  plugin.destroy(plugin.self);
  instance.start(
      [&](PluginInstance&) {
        return std::make_unique<LoadedCode>(library->create(), host, file->manifest.roles);
      },
      std::chrono::seconds(10));
  if (!instance.running()) {
    std::fprintf(stderr, "%s\n", instance.info().reason.c_str());
    return 1;
  }
  whole_way(services, instance, events, base);
  json_text(events, base);
  instance.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: plugin_events NOOP.so [events]\n");
    return 2;
  }
  return run(argv[1], argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 200'000);
}
