// SPDX-License-Identifier: Apache-2.0
//
// What waits for one endpoint, in strict order, one request under way at a time: when the next may
// go, what is in it, and what is given up. Pure logic, one thread; times as in calm.hpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "webhooks/calm.hpp"

namespace gardu::pusher {

struct WebhookItem {
  std::string id;  // sorts by when it was raised
  Millis at = 0;   // when it became true for the receiver: its time to live begins
  std::string json;
};

struct WebhookLimits {
  size_t events = 10'000;  // that wait for one endpoint; beyond either, the oldest are dropped
  size_t bytes = size_t{16} << 20U;
  size_t batch_events = 100;
  size_t batch_bytes = size_t{256} << 10U;
  Millis life = 300'000;  // how long an event is tried
};

// How a request ended.
struct WebhookAnswer {
  bool answered = false;
  int status = 0;
  Millis retry_after = 0;  // 0: it did not say
  std::string error;       // for people, when not answered

  bool taken() const noexcept { return answered && status >= 200 && status < 300; }
};

class WebhookQueue {
 public:
  // `random` answers 0 … 1, for the jitter.
  using Random = double (*)();
  WebhookQueue(bool batch, WebhookLimits limits, Random random)
      : batch_(batch), limits_(limits), random_(random) {}

  struct Request {
    std::string delivery_id;  // the same when the same events go again
    std::string body;
    size_t events = 0;
  };
  // Ids of what left the queue.
  using Ids = std::vector<std::string>;

  // Adds the newest; the ids that were dropped for want of room.
  Ids push(WebhookItem item);
  // Adds older ones, of an earlier run or another node, in their places.
  Ids insert(std::vector<WebhookItem> items);
  // Drops what is too old to be tried again, unless it is under way.
  Ids expire(Millis now);
  // What is to be sent now; then it is under way until `answered`.
  std::optional<Request> next(Millis now);
  // The request ended; the ids of what the receiver has taken.
  Ids answered(const WebhookAnswer& answer, Millis now);
  // The request could not even begin: the same again soon.
  void put_back(Millis now);

  // When to ask again; the greatest number: not before something happens.
  Millis wake() const;
  bool under_way() const noexcept { return flying_ != 0; }
  unsigned failures() const noexcept { return failures_; }  // in a row
  size_t size() const noexcept { return items_.size(); }
  size_t bytes() const noexcept { return bytes_; }
  Millis oldest() const { return items_.empty() ? 0 : items_.front().at; }

 private:
  static size_t cost(const WebhookItem& item);
  Ids make_room();
  void drop_first(Ids& out);
  Millis pause();

  const bool batch_;
  const WebhookLimits limits_;
  const Random random_;
  std::deque<WebhookItem> items_;
  size_t bytes_ = 0;
  size_t flying_ = 0;  // of the first ones
  size_t together_ =
      0;  // of the first ones, what a failed request had in it: it goes again as it was
  unsigned failures_ = 0;
  Millis not_before_ = 0;
};

}  // namespace gardu::pusher
