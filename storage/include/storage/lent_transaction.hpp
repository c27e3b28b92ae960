// SPDX-License-Identifier: Apache-2.0
//
// The writer's transaction lent to another thread for a while: what must read and write in one
// transaction, with code in between that is not the gateway's. The writer waits meanwhile, so the
// loan is limited: to 250 ms when other works wait, to its limit when none does. Past its end
// everything is undone and the writer goes on.
#pragma once
#include <chrono>
#include <functional>
#include <memory>

#include "storage/writer.hpp"

namespace gardu::storage {

// One thread at a time uses it; any thread may.
class LentTransaction {
 public:
  // Waits for the writer. Throws Error (busy) when too much waits.
  LentTransaction(Writer& writer, std::chrono::milliseconds limit);
  ~LentTransaction();  // undone, unless committed
  LentTransaction(const LentTransaction&) = delete;
  LentTransaction& operator=(const LentTransaction&) = delete;

  // Runs `body` on this thread. Throws Error (timeout) past the limit, and what `body` throws;
  // after that it goes on as if nothing had been, unless the engine undid the whole.
  void use(const std::function<void(Transaction&)>& body);
  // Ends it and waits until it is durable; throws what kept it from that.
  void commit();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gardu::storage
