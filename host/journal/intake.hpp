// SPDX-License-Identifier: Apache-2.0
//
// Intake: what transports publish becomes state and events, in one transaction. One place where
// duplicates are dropped, contacts found, created or merged, and statuses applied.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gardu/abi/ext/publish.h>
#include <gardu/publication.hpp>

#include "event/event.hpp"
#include "storage/writer.hpp"

namespace gardu::host {

// Owned copies of what crossed the boundary. A publication that lacks what its type needs gets a
// status here and is not looked at again.
struct Incoming {
  Publication publication;
  Status refused;
};
std::vector<Incoming> take_over(std::span<const gardu_publication* const> items);

class Ephemeral;  // below

class Intake {
 public:
  using Done =
      std::function<void(std::int32_t status, std::span<const gardu_publish_result> results)>;

  Intake(storage::Database& database, Ephemeral& ephemeral);

  // GARDU_FULL or GARDU_STOPPED: nothing was taken. `plugin` is the publisher's id.
  Status publish(const std::string& plugin, std::vector<Incoming> items, Done done);
  // The same within the caller's transaction.
  void apply(storage::Transaction& tx, const std::string& plugin,
             const std::vector<Incoming>& items, std::vector<gardu_publish_result>& results);

 private:
  storage::Database& database_;
  Ephemeral& ephemeral_;
};

// Where events go that are never stored.
class Ephemeral {
 public:
  virtual ~Ephemeral() = default;
  // Typing and presence, after their contact is known. From the writer's thread.
  virtual void raise(storage::JournalEntry entry) = 0;
};

}  // namespace gardu::host
