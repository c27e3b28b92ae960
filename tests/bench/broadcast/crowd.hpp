// SPDX-License-Identifier: Apache-2.0
//
// The subscribers and publishers of a scenario, and the measuring around what they do.
#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "load.hpp"
#include "publisher.hpp"
#include "subscriber.hpp"

namespace gardu::bench {

// Time, CPU and memory since it was made.
class Meter {
 public:
  explicit Meter(const Load& load);
  nlohmann::json per(double units) const;

 private:
  const Load& load_;
  int64_t began_ns_, server_ns_, own_ns_;
};

class Crowd {
 public:
  explicit Crowd(Load& load) : load_(load) {}

  Subscriber& add(Stream* stream);
  // Connects all, so many at once, and waits until they are ready.
  void start(size_t parallel);
  void add_publishers();
  // Publishes for so long or so many (0: without that limit), and waits until all have all.
  void publish(size_t events, double seconds, double rate, bool own_streams);
  // Until it holds. Throws when nothing has arrived for a long while.
  void await(const std::function<bool()>& holds, const char* what);
  void close_all();

  std::vector<std::unique_ptr<Subscriber>> subscribers;
  std::vector<std::unique_ptr<Publisher>> publishers;

 private:
  Stream& stream_for(size_t publisher, bool own);

  Load& load_;
  size_t turn_ = 0;
};

}  // namespace gardu::bench
