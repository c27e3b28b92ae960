// SPDX-License-Identifier: Apache-2.0
#include "api/sse.hpp"

#include <algorithm>
#include <charconv>

#include "event/json.hpp"
#include "storage/journal.hpp"
#include "storage/retention.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kBatch = 256, kMostStreams = 1000;
constexpr int kRead = 64;                       // entries at once for a stream that catches up
constexpr std::chrono::milliseconds kPace{50};  // until a stream that took nothing is tried again

}  // namespace

EventStreams::EventStreams(storage::Database& database, EventFeed& feed, TokenService& tokens,
                           const Logger& log, Timing timing)
    : database_(database),
      feed_(feed),
      tokens_(tokens),
      log_(log.named("events")),
      timing_(timing) {
  subscription_ = feed_.subscribe(~std::uint64_t{0}, -1, [this] {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_one();
  });
  thread_ = std::thread([this] { loop(); });
}

EventStreams::~EventStreams() { stop(); }

void EventStreams::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  subscription_.reset();
}

bool EventStreams::wanted(const http::RequestHead& head) {
  return head.headers.get("Accept").find("text/event-stream") != std::string_view::npos;
}

void EventStreams::open(const Call& call, std::string_view token, const http::Responder& responder,
                        http::Response head) {
  const Query query(call);
  One one;
  one.workspace_id = call.workspace();
  one.token = token;
  one.types = query.words("types");
  one.accounts = call.principal.accounts;
  const std::int64_t newest = feed_.newest();
  one.after = query.seq("after_seq").value_or(newest);
  const std::string_view last = call.request.headers.get("Last-Event-ID");
  if (!last.empty()) {
    const auto [stop, ec] = std::from_chars(last.data(), last.data() + last.size(), one.after);
    if (ec != std::errc{} || stop != last.data() + last.size() || one.after < 0)
      throw ApiError::fields({{"Last-Event-ID", "must be a seq"}});
  }
  // A seq that is not there yet is another database's: from now on. What another host committed is
  // there before the feed has it.
  if (one.after > newest)
    one.after =
        std::min(one.after,
                 database_.query([](storage::Session& s) { return storage::journal::newest(s); }));
  if (open_.load() >= kMostStreams)
    throw ApiError(503, "Too many event streams are open.").retry_after(5);
  head.status = 200;
  head.headers.set("Content-Type", "text/event-stream");
  head.headers.set("Cache-Control", "no-store");
  head.headers.set("X-Accel-Buffering", "no");
  head.body = ": connected\n\n";
  one.stream = responder.stream(std::move(head));
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      one.stream->close();
      return;
    }
    arriving_.push_back(std::move(one));
    ++open_;
  }
  changed_.notify_one();
}

// False: the stream does not take it.
bool EventStreams::write(One& one, const storage::JournalEntry& e) {
  const auto in = [](const std::vector<std::string>& list, const std::string& what) {
    return std::find(list.begin(), list.end(), what) != list.end();
  };
  const bool meant = e.workspace_id == one.workspace_id &&
                     (one.types.empty() || in(one.types, e.type)) &&
                     (!one.accounts || !e.account_id || in(*one.accounts, *e.account_id));
  if (meant) {
    std::string text;
    if (e.seq > 0) text = "id: " + std::to_string(e.seq) + "\n";
    if (!one.stream->write(text + "event: " + e.type + "\ndata: " + event_text(e) + "\n\n"))
      return false;
  }
  if (e.seq > 0) one.after = e.seq;
  return true;
}

template <class F>
void EventStreams::close_if(F&& over) {
  for (auto it = streams_.begin(); it != streams_.end();) {
    if (over(*it)) {
      it->stream->close();
      it = streams_.erase(it);
      --open_;
    } else {
      ++it;
    }
  }
}

void EventStreams::pass_on(const std::vector<EventRef>& events) {
  for (One& one : streams_) {
    if (one.behind) continue;  // finds them in the journal
    one.behind = !std::all_of(events.begin(), events.end(), [&](const EventRef& e) {
      const bool known = !e->ephemeral() && e->view().seq <= one.after;
      return known || write(one, e->entry());
    });
  }
}

// Writes what was read. False: not all of it was taken.
bool EventStreams::flush(One& one) {
  while (one.next < one.waiting.size()) {
    if (!write(one, one.waiting[one.next])) return false;
    ++one.next;
    one.stuck.reset();
  }
  one.waiting.clear();
  one.next = 0;
  return true;
}

// Where events are missing after its place, the client is told to fetch the state over REST, and
// the stream goes on after the newest. False: that was not taken.
bool EventStreams::resync(One& one, std::int64_t newest) {
  const std::string seq = std::to_string(newest);
  if (!one.stream->write("id: " + seq + "\nevent: gardu.resync\ndata: {\"type\":\"gardu.resync\"," +
                         "\"seq\":" + seq + "}\n\n"))
    return false;
  one.after = newest;
  one.stuck.reset();
  return true;
}

// Live only when a reading found the journal's end and all of it was taken at once: what the feed
// passed on meanwhile was not for this stream.
EventStreams::Step EventStreams::catch_up(One& one) {
  const auto stuck = [&] {
    if (!one.stream->open()) return Step::over;
    if (!one.stuck) one.stuck = Clock::now();
    return Clock::now() - *one.stuck >= timing_.patience ? Step::over : Step::stuck;
  };
  if (!flush(one)) return stuck();
  storage::JournalQuery q;
  q.workspace_id = one.workspace_id;
  q.after_seq = one.after;
  q.types = one.types;
  q.limit = kRead;
  std::int64_t newest = 0;
  bool gap = false;
  database_.read([&](storage::Session& s) {
    one.waiting = storage::journal::read(s, q);
    // Retention may pass its place at any time.
    gap = one.after < storage::retention::journal_cut(s, one.workspace_id);
    newest = storage::journal::newest(s);
  });
  if (gap) {
    one.waiting.clear();
    return resync(one, newest) ? Step::more : stuck();
  }
  const bool all = one.waiting.size() < static_cast<std::size_t>(kRead);
  if (!flush(one)) return stuck();
  if (!all) return Step::more;
  one.after = std::max(one.after, newest);  // the others up to there are not for this stream
  return Step::live;
}

// One batch for each that is behind. True: there is more to do at once.
bool EventStreams::catch_up_all() {
  bool more = false;
  close_if([&](One& one) {
    if (!one.behind) return !one.stream->open();
    const Step step = catch_up(one);
    one.behind = step != Step::live;
    more = more || step == Step::more;
    return step == Step::over;
  });
  return more;
}

// Also the moment at which a token that was revoked or has expired loses its streams.
void EventStreams::heartbeat() {
  close_if([&](One& one) {
    const auto principal = tokens_.authenticate(one.token);
    if (!principal || principal->suspended) return true;
    if (!one.behind) one.behind = !one.stream->write(": still here\n\n");
    return false;
  });
}

// False: stop.
bool EventStreams::wait(Clock::time_point until, bool busy) {
  std::unique_lock lock(mutex_);
  if (!busy)
    changed_.wait_until(lock, until, [&] { return stopping_ || woken_ || !arriving_.empty(); });
  woken_ = false;
  streams_.splice(streams_.end(), arriving_);
  return !stopping_;
}

void EventStreams::loop() {
  auto beat = Clock::now() + timing_.heartbeat;
  bool busy = false;
  for (;;) {
    const bool behind =
        std::any_of(streams_.begin(), streams_.end(), [](const One& one) { return one.behind; });
    if (!wait(behind ? std::min(beat, Clock::now() + kPace) : beat, busy)) break;
    try {
      pass_on(subscription_->poll(kBatch));
      busy = catch_up_all() || subscription_->pending();
      if (Clock::now() >= beat) {
        beat = Clock::now() + timing_.heartbeat;
        heartbeat();
      }
    } catch (const std::exception& e) {
      // What was not sent is asked for again by Last-Event-ID.
      if (!streams_.empty())
        log_.warn("{} event streams end, the journal cannot be read: {}", streams_.size(),
                  e.what());
      close_if([](One&) { return true; });
      busy = false;
    }
  }
  close_if([](One&) { return true; });
}

}  // namespace gardu::host
