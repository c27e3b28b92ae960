// SPDX-License-Identifier: Apache-2.0
//
// The plugin's tables with the events that wait for endpoints, and the statements on them. Every
// call blocks on the database and throws Failure; one thread at a time.
#pragma once
#include <gardu/host.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "webhooks/calm.hpp"

namespace gardu::pusher {

struct StoredEvent {
  std::string id;        // sorts by when it was raised
  std::string endpoint;  // id of the endpoint that is to hear it
  Millis due = 0;        // held back until then
  std::string json;
  bool stored = false;  // perhaps, already
};

class WebhookRows {
 public:
  // `node`: whose rows it writes. The host must outlive it.
  WebhookRows(const Host& host, std::string node) : host_(host), node_(std::move(node)) {}

  void migrate() const;
  // All in one transaction; of a row that is there already, only when it is due is changed. `beat`:
  // says that this node is there, and (not 0) when its stop began.
  void change(std::span<const StoredEvent* const> put, std::span<const std::string> erase,
              std::optional<Millis> beat) const;
  // This node's own, as an earlier run left them; when that was stopped, 0 when it was not.
  std::vector<StoredEvent> own(Millis& stopped_at) const;
  // Other nodes that have rows, with their last sign of life.
  std::vector<std::pair<std::string, int64_t>> others() const;
  // Makes that node's rows this one's, under a new claim's name.
  void take_over(const std::string& node, const std::string& claim) const;
  std::string new_claim() const;
  // What is under that name; nothing when its transaction did not happen.
  std::vector<StoredEvent> read(std::string_view claim) const;
  // Drops signs of life of nodes that have no rows and gave none for a day.
  void forget_nodes() const;

 private:
  void insert(std::span<const StoredEvent* const> events) const;
  void remove(std::span<const std::string> ids) const;
  void run(const std::string& sql, const std::vector<Value>& values) const;

  const Host& host_;
  const std::string node_;
};

}  // namespace gardu::pusher
