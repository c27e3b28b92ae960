// SPDX-License-Identifier: Apache-2.0
//
// A load generator for servers that speak the Pusher Channels protocol, and its check: every
// message arrived once, whole, in its publisher's order, at every subscriber, and all answers are
// right.
//   broadcast_load MODE --port N --server PID [options]      (--help)
// Prints one line of JSON; ends with 1 when something was wrong.
#include <sys/resource.h>

#include <boost/program_options.hpp>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "scenarios.hpp"

namespace {

using namespace gardu::bench;
namespace po = boost::program_options;
using nlohmann::json;

const std::map<std::string, json (*)(Load&)> kModes{{"fanout", fanout},
                                                    {"publish", publish},
                                                    {"connect", connect},
                                                    {"whispers", whispers},
                                                    {"presence", presence}};

// Nothing: help was asked for.
bool parse(int argc, char** argv, Options& o) {
  po::options_description all("broadcast_load MODE");
  const auto number = [](size_t& to, size_t value) {
    return po::value<size_t>(&to)->default_value(value);
  };
  auto add = all.add_options();
  add("mode", po::value(&o.mode)->required(), "fanout, publish, connect, whispers or presence");
  add("port", po::value(&o.port)->required(), "of the server on 127.0.0.1");
  add("server", po::value(&o.server)->required(), "its process id");
  add("id", po::value(&o.id)->default_value("gardu"), "of the app");
  add("key", po::value(&o.key)->default_value("gardu-key"), "of the app");
  add("secret", po::value(&o.secret)->default_value("e2e-pusher-secret"), "of the app");
  add("subscribers", number(o.subscribers, 1000), "connections");
  add("channels", number(o.channels, 1), "over which they are spread; pairs of whispers");
  add("publishers", number(o.publishers, 1), "HTTP connections, one request at a time on each");
  add("window", number(o.window, 16),
      "events that have not reached everybody (whispers: of a pair)");
  add("parallel", number(o.parallel, 64), "connections that are being made at once");
  add("payload", number(o.payload, 200), "bytes of an event's data");
  add("warmup", number(o.warmup, 100), "events before those that count");
  add("events", number(o.events, 0), "that count; 0: as many as there is time for");
  add("seconds", po::value(&o.seconds)->default_value(3), "for which is measured; 0: no limit");
  add("rate", po::value(&o.rate)->default_value(0), "events a second; 0: as the window has room");
  add("tick", po::value(&o.tick_us)->default_value(0), "look at the sockets so often (us)");
  add("private", po::bool_switch(&o.private_channels), "private channels");
  add("help", "this");
  po::positional_options_description first;
  first.add("mode", 1);
  po::variables_map values;
  po::store(po::command_line_parser(argc, argv).options(all).positional(first).run(), values);
  if (values.contains("help")) {
    std::cout << all;
    return false;
  }
  po::notify(values);
  if (!kModes.contains(o.mode)) throw std::invalid_argument("there is no mode " + o.mode);
  if (o.channels == 0 || o.publishers == 0 || o.publishers > 99)
    throw std::invalid_argument("channels: at least 1; publishers: 1 to 99");
  return true;
}

void allow_many_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    if (!parse(argc, argv, options)) return 0;
    allow_many_files();
    Load load(std::move(options));
    json found;
    try {
      found = kModes.at(load.options.mode)(load);
    } catch (const std::exception& e) {
      load.fail(e.what());
    }
    found["failures"] = load.failures;
    std::cout << found.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
    return load.failures.empty() ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << "broadcast_load: " << e.what() << '\n';
    return 2;
  }
}
