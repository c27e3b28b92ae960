// SPDX-License-Identifier: Apache-2.0
//
// Reading what was missed. Whether an event belongs to the channel is asked of the function that
// the live way asks, too.
#include "gateway/missed.hpp"

#include <chrono>

#include "protocol/messages.hpp"

namespace gardu::pusher {
namespace {

constexpr size_t kPageBytes = size_t{128} << 10U;  // of frames that wait for one reader
constexpr uint32_t kRowsAtOnce = 200;

int64_t now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class Reader {
 public:
  Reader(const Missed& missed, Profiles profiles, const RecoveryLimits& limits)
      : missed_(missed), profiles_(profiles), limits_(limits) {
    page_.upto = missed.after_seq;
  }

  // False: no more is wanted.
  bool take(const EventView& event) {
    bool counted = false;
    for (const Broadcast& broadcast : broadcasts_of(event, profiles_)) {
      if (broadcast.channel != missed_.channel) continue;
      if (!counted && !count(event)) return false;
      counted = true;
      if (page_.complete) add(event, broadcast);
    }
    if (page_.complete) page_.upto = event.seq();
    // The rest is counted only as long as it is not known whether there is too much.
    page_.complete = page_.complete && bytes_ < kPageBytes;
    return page_.complete || missed_.first;
  }
  bool too_much() const { return too_much_; }
  MissedPage take_page() { return std::move(page_); }

 private:
  bool count(const EventView& event) {
    if (!missed_.first) return true;
    const int64_t at = event.recorded_at() != 0 ? event.recorded_at() : event.occurred_at();
    const int64_t age = std::chrono::microseconds(limits_.max_age).count();
    too_much_ = ++count_ > limits_.max_events || (count_ == 1 && at < now_micros() - age);
    return !too_much_;
  }
  void add(const EventView& event, const Broadcast& broadcast) {
    const std::string head = event_head(broadcast.name, data_of(event, broadcast.form));
    page_.items.push_back(
        {text_frame(event_message(head, missed_.channel)), std::string(event.origin_socket())});
    bytes_ += page_.items.back().frame->size();
  }

  const Missed& missed_;
  const Profiles profiles_;
  const RecoveryLimits& limits_;
  MissedPage page_;
  size_t bytes_ = 0, count_ = 0;
  bool too_much_ = false;
};

MissedPage resync_at(int64_t seq) {
  MissedPage page;
  page.resync = page.upto = seq;
  page.complete = false;  // there may be more by now
  return page;
}

// Goes through the journal until the reader or the journal is done.
void read_all(const Host& host, const Missed& missed, Reader& reader) {
  gardu_journal_query query{};
  query.size = sizeof query;
  query.limit = kRowsAtOnce;
  query.after_seq = missed.after_seq;
  query.types = journaled_types(missed.place.kind);
  query.workspace_id = str(missed.place.workspace_id);
  query.contact_id = str(missed.place.contact_id);
  query.account_id = str(missed.place.account_id);
  bool wanted = true;
  uint32_t rows = kRowsAtOnce;
  while (wanted && rows == kRowsAtOnce) {
    rows = 0;
    host.read_journal(query, [&](const EventView& event) {
      ++rows;
      query.after_seq = event.seq();
      wanted = reader.take(event);
      return wanted;
    });
  }
}

}  // namespace

std::shared_ptr<const MissedPage> read_missed(const Host& host, const Missed& missed,
                                              Profiles profiles, const RecoveryLimits& limits,
                                              bool last_try) {
  int64_t newest = 0;
  if (missed.first) {
    newest = host.journal_range().second;
    // Another host of the cluster may have told the client of what this one is about to read; or
    // the client has met another journal.
    if (missed.after_seq > newest && !last_try)
      throw Failure(Status::retry("the journal does not reach that far"));
    if (missed.after_seq > newest || missed.after_seq < host.journal_cut(missed.place.workspace_id))
      return std::make_shared<const MissedPage>(resync_at(newest));
  }
  Reader reader(missed, profiles, limits);
  read_all(host, missed, reader);
  return std::make_shared<const MissedPage>(reader.too_much() ? resync_at(newest)
                                                              : reader.take_page());
}

SharedBytes resync_frame(std::string_view channel, int64_t seq) {
  const std::string head = event_head("gardu.resync", R"({"seq":)" + std::to_string(seq) + '}');
  return text_frame(event_message(head, channel));
}

}  // namespace gardu::pusher
