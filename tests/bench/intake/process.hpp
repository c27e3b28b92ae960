// SPDX-License-Identifier: Apache-2.0
//
// A gateway process of its own, with one Cloud API account, and the REST calls that a benchmark
// needs of it. One thread uses it; what fails throws std::runtime_error with the gateway's log.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <thread>
#include <vector>

namespace gardu::bench {

struct Place {
  std::string binary, plugins;  // gardu, and the directory of its plugins
  std::filesystem::path dir;    // where its data goes
  std::string backend = "sqlite3", dsn;
  std::string synchronous = "full";
};

class Process {
 public:
  // Starts `gardu serve` and waits until it is ready, with an account for kPhoneNumberId.
  explicit Process(const Place& place);
  ~Process();  // kills it when it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int port() const { return port_; }
  // User and system CPU so far, of all its threads.
  std::int64_t cpu_ns() const;
  // A value of GET /metrics; throws when there is none of that name.
  std::int64_t metric(const std::string& name) const;
  // Resident memory in KiB.
  std::int64_t resident() const;
  // Inbound messages, counted page by page by REST.
  std::int64_t count_messages() const;
  // SIGTERM; throws when it does not end in order.
  void stop();

 private:
  void launch(const Place& place);
  void await_listening();
  void connect_account();
  nlohmann::json call(const std::string& method, const std::string& path,
                      const std::string& body = {}) const;

  pid_t pid_ = -1;
  int out_ = -1;  // the read end of its standard output
  int port_ = 0;
  std::string token_, log_;
  std::thread drain_;  // of its output, once it listens
};

// Makes an empty database with the gateway's schema.
void migrate(const Place& place);

inline constexpr const char* kPhoneNumberId = "106540352242922";
inline constexpr const char* kAppSecret = "bench-app-secret";

}  // namespace gardu::bench
