// SPDX-License-Identifier: Apache-2.0
//
// What a person decides about messages that wait, are held or have failed: to send them (again), or
// not at all. Within the caller's transaction: the entry, the message's status and its event.
#pragma once
#include "journal/events.hpp"
#include "storage/messages.hpp"
#include "storage/outbox.hpp"
#include "storage/writer.hpp"

namespace gardu::host {

// A message that failed, or that is held for a person, is to go out (again). False: it is neither.
bool retry_message(storage::Transaction& tx, const Origin& origin, const storage::Message& m);
// The same by the entry, which may also wait for its time, or for a word of the provider.
bool retry_entry(storage::Transaction& tx, const Origin& origin, const storage::OutboxEntry& entry);
// What has not gone out is not to: its message has failed. False: it is out, or it has ended.
bool cancel_entry(storage::Transaction& tx, const Origin& origin,
                  const storage::OutboxEntry& entry);

}  // namespace gardu::host
