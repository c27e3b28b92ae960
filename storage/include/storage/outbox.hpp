// SPDX-License-Identifier: Apache-2.0
//
// The outbox: what waits to be sent. A lane is one conversation of one account; at most one entry
// of a lane is out at a time, and entries of equal priority leave in the order of their ids.
//
// queued → leased → done | queued (again) | in_doubt | held | dead. in_doubt: a crash or a lost
// answer left open whether it was sent; its lane waits until not_before for a word of the provider.
// held: waits for a person; its lane goes on.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "storage/messages.hpp"

namespace gardu::storage {

struct OutboxEntry {
  std::int64_t id = 0;  // given by enqueue
  std::string message_id, workspace_id, account_id, contact_id;
  std::string lane;  // empty: made of account and contact
  int priority = 2;  // 0 urgent … 3 low
  std::int64_t not_before = 0;
  int attempts = 0;
  std::string state = "queued";  // queued, leased, in_doubt, held, done, dead
  std::optional<std::string> lease_holder;
  std::optional<std::int64_t> lease_until;
  std::optional<std::string> last_error;
  std::int64_t created_at = 0;
};

struct Lease {
  std::int64_t now = 0, until = 0;
  std::string holder;  // this node's id
  int limit = 64;
  int max_per_account = 0;  // at most so many leased at a time, those from before included; 0: any
  std::vector<std::string> blocked_accounts;  // throttled, not connected, …
};

struct LeasedEntry : OutboxEntry {
  Message message;
};

// One that was out or in doubt, and what is known of its message.
struct OpenEntry : OutboxEntry {
  std::string message_status;
};

namespace outbox {

// Returns the id. duplicate: the message has an entry.
std::int64_t enqueue(Transaction& tx, const OutboxEntry& entry);
// The heads of the lanes that are due, by (priority, not_before, id), now leased to the holder. The
// head of a lane is the first of its due entries by (priority, id), unless an earlier entry of its
// priority waits for a retry: that one holds the later ones back. One that is scheduled for later
// holds nothing back. A lane with an entry leased or in doubt has no head.
std::vector<LeasedEntry> lease(Transaction& tx, const Lease& lease);

// The provider has it: done, whatever the state was. False: no such entry, or it is done already.
bool done(Transaction& tx, std::int64_t id);
// How else a try ends, by what the entry was when it began: as it was leased, or found in doubt or
// abandoned. False: it is not so any more, another host or a person has gone on with it, and
// nothing was changed.
bool told(Transaction& tx, const OutboxEntry& seen);  // done: a status has told what came of it
bool requeue(Transaction& tx, const OutboxEntry& seen, int attempts, std::int64_t not_before,
             const std::optional<std::string>& last_error);
bool dead(Transaction& tx, const OutboxEntry& seen, const std::string& last_error);
bool hold(Transaction& tx, const OutboxEntry& seen, const std::string& last_error);
// In doubt until then.
bool doubt(Transaction& tx, const OutboxEntry& seen, int attempts, std::int64_t until,
           const std::string& last_error);
// The provider has told that it has the message: whatever its entry waits for, it is done. False:
// no such entry, or it is in a final state.
bool confirmed(Transaction& tx, const std::string& message_id);

// At most `limit` leased entries that nobody works on any more: whose lease ran out, and all of
// `holder` when it is not empty (at a start: those of its earlier run).
std::vector<OpenEntry> abandoned(Session& s, std::int64_t now, const std::string& holder,
                                 int limit);
// At most `limit` of those that were in doubt for long enough.
std::vector<OpenEntry> doubts_over(Session& s, std::int64_t now, int limit);
// When the first doubt is over of those that are not at `now`.
std::optional<std::int64_t> next_doubt(Session& s, std::int64_t now);
// Makes the holder's lease of these last until then, where it still has it.
void renew(Transaction& tx, const std::string& holder, const std::vector<std::int64_t>& ids,
           std::int64_t until);

// A person's decisions. False: no such entry, or its state does not allow it.
bool retry(Transaction& tx, const std::string& workspace_id, std::int64_t id, std::int64_t now);
bool cancel(Transaction& tx, const std::string& workspace_id, std::int64_t id);
// Its message has failed and is to be sent again. False: it is not in a final state.
bool reopen(Transaction& tx, std::int64_t id, std::int64_t now);

// When the next queued entry is due, of those that are not due at `now` (left out: of all).
std::optional<std::int64_t> next_due(Session& s, std::int64_t now = -1);
std::optional<OutboxEntry> get(Session& s, const std::string& workspace_id, std::int64_t id);
// For the sender: a message has at most one entry.
std::optional<OutboxEntry> of_message(Session& s, const std::string& message_id);
// By id, after `after_id`; `state` and `account_id` empty: all.
std::vector<OutboxEntry> list(Session& s, const std::string& workspace_id, const std::string& state,
                              std::int64_t after_id, int limit, const std::string& account_id = {});
struct Count {
  std::string state;
  std::int64_t entries = 0;
  int priority = 0;
};
std::vector<Count> counts(Session& s);  // of all states but done
std::vector<Count> counts_of(Session& s, const std::string& workspace_id,
                             const std::string& account_id);
// Deletes at most `limit` done entries created before then; the number deleted.
std::int64_t purge(Transaction& tx, std::int64_t created_before, int limit);

}  // namespace outbox
}  // namespace gardu::storage
