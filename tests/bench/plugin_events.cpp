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

#include "bench_events.hpp"
#include "metrics/metrics.hpp"
#include "null_services.hpp"
#include "plugins/host_table.hpp"
#include "plugins/instance.hpp"
#include "plugins/library.hpp"
#include "plugins/loaded_code.hpp"

namespace {

using namespace gardu::host;

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
  bench_row(what.c_str(), (cpu_ns() - start) / kRounds, events.size(), base);
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
  bench_row("feed, mailbox and boundary (both threads)", cpu_ns() - start, events.size(), base);
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
  const std::vector<EventRef> events = bench_events(count);
  NullData data;
  NullServices services(data);
  PluginInstance::Options options;
  options.settings = "{}";
  options.data_dir = "/tmp";
  PluginInstance instance(*file, options, services);
  gardu_host host = make_host_table(instance, "bench", "noop", "/tmp");
  gardu_plugin plugin{};
  plugin.size = sizeof plugin;
  gardu_error error = gardu::Status::record();
  if (library->create()(&host, &plugin, &error) != GARDU_OK) return 1;
  const double base = bench_virtual_calls(events);
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
  bench_json_text(events, base);
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
