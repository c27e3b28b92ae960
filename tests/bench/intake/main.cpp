// SPDX-License-Identifier: Apache-2.0
//
// Signed Meta webhooks, one message each, accepted over HTTP by a real gateway, stored durably and
// journaled: at full speed, at a fixed rate of arrival, and beside the bare insertion of the same
// rows. Fails when not exactly the messages that were answered 200 are there.
//   intake GARDU PLUGIN_DIRECTORY [--count N] [--rate N] ...
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include "bare.hpp"
#include "load.hpp"
#include "process.hpp"
#include "webhooks.hpp"

namespace gardu::bench {
namespace {

namespace po = boost::program_options;

struct Options {
  std::string gardu, plugins, backend, dsn, synchronous, dir;
  std::size_t count = 0, connections = 0, senders = 0;
  double rate = 0, seconds = 0;
};

// Nothing: only help was asked for.
bool read_options(int argc, char** argv, Options& o) {
  po::options_description known("intake GARDU PLUGIN_DIRECTORY, with");
  auto add = known.add_options();
  add("help", "this text");
  add("gardu", po::value(&o.gardu)->required(), "the gateway's binary");
  add("plugins", po::value(&o.plugins)->required(), "the directory of its plugins");
  add("count", po::value(&o.count)->default_value(30000), "webhooks at full speed");
  add("connections", po::value(&o.connections)->default_value(128), "in flight at most");
  add("senders", po::value(&o.senders)->default_value(2000), "people that they are from");
  add("rate", po::value(&o.rate)->default_value(3000), "webhooks a second, at fixed times");
  add("seconds", po::value(&o.seconds)->default_value(10), "of those");
  add("synchronous", po::value(&o.synchronous)->default_value("full"), "SQLite's");
  add("backend", po::value(&o.backend)->default_value("sqlite3"), "or postgresql, mysql");
  add("dsn", po::value(&o.dsn), "of an empty database there");
  add("dir", po::value(&o.dir), "where temporary data goes");
  po::positional_options_description places;
  places.add("gardu", 1).add("plugins", 1);
  po::variables_map given;
  po::store(po::command_line_parser(argc, argv).options(known).positional(places).run(), given);
  if (given.count("help") != 0) {
    std::cout << known;
    return false;
  }
  po::notify(given);
  // The gateway takes what is relative from another place.
  o.gardu = std::filesystem::absolute(o.gardu).string();
  o.plugins = std::filesystem::absolute(o.plugins).string();
  return true;
}

// A directory that goes with this object.
class Temporary {
 public:
  explicit Temporary(const std::string& in) {
    const auto parent =
        in.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(in);
    std::string name = (parent / "gardu-intake-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~Temporary() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A part of the measurement, with the gateway's own CPU.
struct Part {
  Outcome outcome;
  double gateway_us = 0;  // a webhook
  double batch = 0;       // works in a transaction
};

Part measure(const Process& gateway, const std::vector<std::string>& requests, const Options& o,
             double rate) {
  const auto transactions = gateway.metric("gardu_writer_transactions");
  const auto works = gateway.metric("gardu_writer_works");
  const auto cpu = gateway.cpu_ns();
  Part p;
  p.outcome = send_all(gateway.port(), requests, o.connections, rate);
  p.gateway_us = static_cast<double>(gateway.cpu_ns() - cpu) / 1e3 /
                 static_cast<double>(std::max<std::size_t>(1, requests.size()));
  p.batch = static_cast<double>(gateway.metric("gardu_writer_works") - works) /
            static_cast<double>(std::max<std::int64_t>(
                1, gateway.metric("gardu_writer_transactions") - transactions));
  return p;
}

double a_second(std::size_t n, double seconds) {
  return seconds > 0 ? static_cast<double>(n) / seconds : 0;
}

void print(const char* what, const Part& p) {
  const Outcome& o = p.outcome;
  std::printf("%s\n", what);
  std::printf("  webhooks                           %10zu (%zu answered 200)\n", o.answered,
              o.accepted);
  std::printf("  webhooks a second                  %10.0f\n", a_second(o.answered, o.seconds));
  std::printf("  gateway CPU per webhook            %10.1f us\n", p.gateway_us);
  std::printf("  generator CPU per webhook          %10.1f us\n",
              static_cast<double>(o.cpu_ns) / 1e3 / static_cast<double>(o.answered));
  std::printf("  webhooks in a transaction          %10.1f\n", p.batch);
  std::printf("  answer p50 / p99 / max             %10.1f / %.1f / %.1f ms\n", o.at(0.5),
              o.at(0.99), o.at(1));
}

void print_bare(const Bare& bare, std::size_t batch, const Part& full) {
  const double rate = a_second(bare.messages, bare.seconds);
  const double us = static_cast<double>(bare.cpu_ns) / 1e3 / static_cast<double>(bare.messages);
  std::printf("the same rows by SQLite's C API, %zu messages a transaction\n", batch);
  std::printf("  messages (rows of all tables)      %10zu (%zu)\n", bare.messages, bare.rows);
  std::printf("  messages a second                  %10.0f\n", rate);
  std::printf("  CPU per message                    %10.1f us\n", us);
  std::printf("  gateway's rate / bare rate         %10.2f\n",
              a_second(full.outcome.answered, full.outcome.seconds) / rate);
  std::printf("  gateway's CPU / bare CPU           %10.2f\n", full.gateway_us / us);
}

int run(const Options& o) {
  const Temporary dir(o.dir);
  Place place{o.gardu, o.plugins, dir.path() / "gateway", o.backend, o.dsn, o.synchronous};
  const bool sqlite = o.backend == "sqlite3";
  if (sqlite) place.dsn = (place.dir / "gardu.db").string();
  std::filesystem::create_directories(place.dir);
  const auto burst = webhooks(0, o.count, o.senders);
  const auto steady = webhooks(o.count, static_cast<std::size_t>(o.rate * o.seconds), o.senders);
  Part full, paced;
  {
    Process gateway(place);
    full = measure(gateway, burst, o, 0);
    if (!steady.empty()) paced = measure(gateway, steady, o, o.rate);
    print("at full speed", full);
    if (!steady.empty()) print("at a fixed rate of arrival", paced);
    std::printf("gateway RSS                          %10lld KiB\n",
                static_cast<long long>(gateway.resident()));
    const auto accepted = static_cast<std::int64_t>(full.outcome.accepted + paced.outcome.accepted);
    const auto counted = gateway.count_messages();
    gateway.stop();
    if (counted != accepted || accepted == 0)
      throw std::runtime_error(std::to_string(accepted) + " webhooks were answered 200, but " +
                               std::to_string(counted) + " messages are there");
  }
  if (!sqlite) return 0;
  Place empty = place;
  empty.dir = dir.path() / "bare";
  empty.dsn = (empty.dir / "gardu.db").string();
  std::filesystem::create_directories(empty.dir);
  migrate(empty);
  const auto batch = std::clamp<std::size_t>(static_cast<std::size_t>(full.batch + 0.5), 1, 512);
  print_bare(insert_bare(place.dsn, empty.dsn, o.count, batch, o.synchronous), batch, full);
  return 0;
}

}  // namespace
}  // namespace gardu::bench

int main(int argc, char** argv) {
  try {
    gardu::bench::Options options;
    return read_options(argc, argv, options) ? run(options) : 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "intake: %s\n", e.what());
    return 1;
  }
}
