// SPDX-License-Identifier: Apache-2.0
//
// What an event costs through the boundary of a plugin that looks at each: in this process, and in
// a process of its own (both processes' CPU), beside a virtual call and beside JSON text.
//   plugin_boundary COUNTING.so RUNNER [events]
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench_events.hpp"
#include "null_services.hpp"
#include "plugins/child_code.hpp"
#include "plugins/host_table.hpp"
#include "plugins/instance.hpp"
#include "plugins/library.hpp"
#include "plugins/loaded_code.hpp"

namespace {

using namespace gardu::host;

// CPU of a living process, user and system, in nanoseconds; its clock ticks in 10 ms.
std::int64_t process_cpu(long pid) {
  std::int64_t ns = 0;
  std::int64_t all = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream stat(task.path() / "schedstat");
    if (stat >> ns) all += ns;
  }
  return all;
}

double through(PluginCode& code, const std::vector<EventRef>& events, std::size_t batch, long child,
               const char* what, double base) {
  const auto cpu = [&] { return process_cpu(::getpid()) + (child > 0 ? process_cpu(child) : 0); };
  std::vector<std::int32_t> results(batch);
  std::string why;
  const auto start = cpu();
  std::size_t done = 0;
  for (std::size_t i = 0; i + batch <= events.size(); i += batch, done += batch) {
    std::fill(results.begin(), results.end(), GARDU_OK);
    if (!code.on_events({events.data() + i, batch}, results, why).ok()) return 0;
  }
  const std::string line = std::string(what) + ", batches of " + std::to_string(batch);
  return bench_row(line.c_str(), cpu() - start, done, base);
}

int run(const char* path, const char* runner, std::size_t count) {
  auto file = read_plugin_file(std::filesystem::absolute(path));
  if (!file) return std::fprintf(stderr, "%s\n", file.status().message().c_str()), 1;
  const auto cache =
      std::filesystem::temp_directory_path() / ("gardu-bench-" + std::to_string(::getpid()));
  const auto copy = keep_copy(*file, cache);
  const auto library = copy ? Library::map(*copy) : gardu::Result<Library>(copy.status());
  if (!library) return std::fprintf(stderr, "%s\n", library.status().message().c_str()), 1;
  const auto events = bench_events(count);
  const double base = bench_virtual_calls(events);

  NullData data;
  NullServices services(data);
  PluginInstance::Options options;
  options.settings = "{}";
  options.data_dir = "/tmp";
  PluginInstance instance(*file, options, services);
  const gardu_host host = make_host_table(instance, "bench", "counting", "/tmp");
  LoadedCode direct(library->create(), host, file->manifest.roles);
  if (!direct.start("{}").ok()) return 1;
  for (const std::size_t batch : {1U, 16U, 64U})
    through(direct, events, batch, 0, "in process", base);
  (void)direct.stop({});

  ChildCode child(std::filesystem::absolute(runner), *copy, instance);
  if (const auto status = child.start("{}"); !status.ok())
    return std::fprintf(stderr, "%s\n", status.message().c_str()), 1;
  for (const std::size_t batch : {1U, 16U, 64U})
    through(child, events, batch, child.pid(), "in a child", base);
  (void)child.stop({});
  bench_json_text(events, base);
  std::filesystem::remove_all(cache);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: plugin_boundary COUNTING.so RUNNER [events]\n");
    return 2;
  }
  return run(argv[1], argv[2], argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 200'000);
}
