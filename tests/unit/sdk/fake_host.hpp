// SPDX-License-Identifier: Apache-2.0
//
// A host of one thread for the layer's tests: its tables write down what was asked of them, and the
// test decides when timers fire, what publishing answers, and when something is done.
#pragma once
#include <gardu/abi/ext/http_routes.h>
#include <gardu/abi/ext/log.h>
#include <gardu/abi/ext/metrics.h>
#include <gardu/abi/ext/publish.h>
#include <gardu/abi/ext/secrets.h>
#include <gardu/abi/ext/send.h>
#include <gardu/abi/ext/timer.h>

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gardu::sdk_test {

class FakeHost {
 public:
  struct Publish {
    gardu_publish_done done;
    void* user;
  };
  struct Publication {  // of any publish, owned
    std::uint32_t type, message_type, status;
    std::string account_id, text, data, address, name, identity, provider_id, message_id, reply_to,
        target;
    std::int64_t occurred_at;
  };
  struct Send {
    std::string text, contact_id, reply_to;
    gardu_send_done done;
    void* user;
  };
  struct Timer {
    std::int64_t due;  // after the host's start
    void (*fire)(void*);
    void (*drop)(void*);
    void* user;
  };

  FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost();

  gardu_host table{};
  std::set<std::string> missing;       // services that this host lacks
  std::int32_t answer = GARDU_OK;      // of publish, send, route
  bool stopping = false;               // timers are refused
  std::vector<std::string> log_lines;  // "<level> <text>"
  std::deque<Publish> publishes;
  std::vector<Publication> publications;
  std::deque<Send> sends;
  std::map<std::uint64_t, Timer> timers;
  std::vector<gardu_route> routes;
  std::map<std::string, std::int64_t> metrics;
  int retained = 0;

  // The oldest publish or send that was not told its end is told it. At the host's end all are.
  void finish_publish(std::int32_t status, const gardu_publish_result* results = nullptr,
                      std::uint32_t count = 0);
  void finish_send(std::int32_t status);
  // Fires what is due within that time from now on, in order, also what is scheduled meanwhile.
  void pass(std::int64_t microseconds);

 private:
  friend struct FakeTables;
  std::uint64_t next_timer_ = 1;
  std::int64_t now_ = 0;
  std::vector<std::string> metric_names_;
};

}  // namespace gardu::sdk_test
