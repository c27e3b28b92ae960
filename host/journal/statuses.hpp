// SPDX-License-Identifier: Apache-2.0
//
// What a provider says became of an outbound message, applied: found by our reference or by the
// provider's id, moved forward or left alone, journaled when it moved. One that overtakes the
// answer to the send is kept until that answer is stored.
#pragma once
#include <optional>
#include <string>

#include "journal/events.hpp"
#include "storage/accounts.hpp"
#include "storage/messages.hpp"

namespace gardu::host {

struct StatusReport {
  std::string message_id, provider_message_id;  // at least one
  std::string status;                           // the vocabulary's word
  std::string participant;                      // in a group: whose ack it is
  std::optional<std::string> error;             // JSON object
};

struct StatusResult {
  std::string message_id;  // empty: nobody knows the message yet
  std::int64_t seq = 0;    // 0: it moved nothing
};

StatusResult apply_report(storage::Transaction& tx, const Origin& origin,
                          const storage::Account& account, const StatusReport& report);

// The provider's id became known: applies what came for it before.
void apply_early(storage::Transaction& tx, const std::string& source,
                 const storage::Message& message, const std::string& provider_message_id);

}  // namespace gardu::host
