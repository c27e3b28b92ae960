// SPDX-License-Identifier: Apache-2.0
//
// Taking out what a workspace does not keep any more, a range at a time: who wants to delete looks
// for the end of the next range beside the writer, and then deletes up to there in a work of its
// own, as short as the range.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/media.hpp"
#include "storage/writer.hpp"

namespace gardu::storage::retention {

// In the order of messages: (created_at, id).
struct Place {
  std::int64_t at = 0;
  std::string id;
};
struct Range {
  Place last;
  std::int64_t rows = 0;
};

// The next rows after a place that were created before then, at most so many. Nothing: no more.
std::optional<Range> messages_after(Session& s, const std::string& workspace_id, const Place& after,
                                    std::int64_t before, int limit);
// Deletes them, with their full text and their entries in the outbox that are done or dead; spares
// a message that may be sent yet. Conversations whose last message went show the newest that is
// left. The number deleted.
std::int64_t delete_messages(Transaction& tx, const std::string& workspace_id, const Place& after,
                             const Place& last);
std::int64_t count_messages(Session& s, const std::string& workspace_id, std::int64_t before);

// The journal's next seqs of the workspace that were recorded before then, up to the first that was
// not, and none past `last`.
std::optional<Range> journal_after(Session& s, const std::string& workspace_id, std::int64_t after,
                                   std::int64_t before, std::int64_t last, int limit);
// Deletes up to that seq, and remembers so far the workspace's journal has been cut.
std::int64_t delete_journal(Transaction& tx, const std::string& workspace_id, std::int64_t after,
                            std::int64_t last);
std::int64_t count_journal(Session& s, const std::string& workspace_id, std::int64_t before,
                           std::int64_t last);
// The seq up to which events of the workspace were deleted; 0: none.
std::int64_t journal_cut(Session& s, const std::string& workspace_id);
std::int64_t journal_cut(Session& s);  // of any workspace
// The last seq that every durable subscriber is done with; nothing holds the journal up: INT64_MAX.
std::int64_t journal_limit(Session& s);

// Files that were stored before then, by id.
std::vector<Media> old_media(Session& s, const std::string& workspace_id,
                             const std::string& after_id, std::int64_t before, int limit);
// How far the messages were looked through, in the order in which they were stored: to the end of
// the last one that was there.
struct Looked {
  std::int64_t n = 0;  // 0: none
  std::string id;
};
// What messages of a workspace say beside their text: where media are named.
struct Contents {
  std::vector<std::string> texts;
  Looked last;
  bool end = false;  // there is nothing after `last`
};
// Of the next messages after that place, a window of so many numbers, whosever they are. With
// `run_before` without those that a run deletes that deletes what was created before then. Nothing:
// the last one was deleted, and with SQLite its number may be a new message's: look anew.
std::optional<Contents> contents(Session& s, const std::string& workspace_id, const Looked& after,
                                 int window, std::optional<std::int64_t> run_before = {});
// Deletes the row if it is that old still. True: it did, and no other row has its file.
struct Removed {
  bool row = false, file = false;  // file: nothing else has it
};
Removed delete_media(Transaction& tx, const Media& m, std::int64_t before);

// Those of the workspace's files from the one to the other.
std::vector<std::string> hashes(Session& s, const std::string& workspace_id,
                                const std::string& first, const std::string& last);

// One host prunes at a time. False: another one does, until its lease runs out.
bool lease(Transaction& tx, std::int64_t now, std::int64_t until);
void renew(Transaction& tx, std::int64_t until);
// `finished_at`: nothing when it was broken off.
void release(Transaction& tx, std::optional<std::int64_t> finished_at);
std::int64_t last_run(Session& s);  // when it finished; 0: never

}  // namespace gardu::storage::retention
