// SPDX-License-Identifier: Apache-2.0
//
// A unit of work: what a plugin does within one transaction, be it on_events of a durable
// subscriber or gardu.db/1's transaction. Sends and publications are kept until its end; the
// database's transaction is begun by whatever first needs it, because the writer waits while it is
// open. Used by one thread at a time.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/intake.hpp"
#include "plugins/plugin_host.hpp"
#include "storage/backlog.hpp"
#include "storage/lent_transaction.hpp"

namespace gardu::host {

struct PluginPublish {
  std::vector<Incoming> items;
  PluginHost::PublishDone done;
};

// What is stored together.
struct Effects {
  std::vector<PluginSend> sends;
  std::vector<PluginPublish> publishes;
  std::optional<std::int64_t> cursor;
  // What the cursor must be for all of this to be stored: another copy of the plugin may have gone
  // on.
  std::optional<std::int64_t> after;
  std::vector<storage::BacklogEntry> put;  // events that are to come again, or parked
  std::vector<std::int64_t> done;          // seqs of the backlog that are handled

  // Tells those who wait that it did not happen.
  void undone(const Status& why);
};

class Unit {
 public:
  using Begin = std::function<std::unique_ptr<storage::LentTransaction>()>;
  explicit Unit(Begin begin) : begin_(std::move(begin)) {}

  // Runs `body` in the transaction; throws storage::Error.
  void use(const std::function<void(storage::Transaction&)>& body);
  storage::LentTransaction* transaction() const { return transaction_.get(); }  // null: not begun

  // A part that can be undone alone.
  void begin_part();
  void end_part(bool keep);

  Effects effects;

 private:
  struct Part {
    std::size_t sends, publishes;
    bool in_database;  // its savepoint was made
  };
  const Begin begin_;
  std::unique_ptr<storage::LentTransaction> transaction_;
  std::vector<Part> parts_;
};

}  // namespace gardu::host
