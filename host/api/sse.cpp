// SPDX-License-Identifier: Apache-2.0
#include "api/sse.hpp"

#include <charconv>

#include "event/json.hpp"
#include "storage/journal.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kBatch = 256;
constexpr std::chrono::seconds kHeartbeat{15};

std::set<std::string> split(const std::string& list) {
  std::set<std::string> out;
  std::size_t from = 0;
  while (from <= list.size()) {
    const auto comma = std::min(list.find(',', from), list.size());
    if (comma > from) out.insert(list.substr(from, comma - from));
    from = comma + 1;
  }
  return out;
}

}  // namespace

EventStreams::EventStreams(storage::Database& database, EventFeed& feed)
    : database_(database), feed_(feed) {
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

void EventStreams::open(const Call& call, const http::Responder& responder, http::Response head) {
  const Query query(call);
  One one;
  one.workspace_id = call.workspace();
  one.types = split(query.text("types").value_or(""));
  one.accounts = call.principal.accounts;
  const std::string_view last = call.request.headers.get("Last-Event-ID");
  one.after = query.integer("after_seq").value_or(feed_.newest());
  if (!last.empty()) {
    const auto [stop, ec] = std::from_chars(last.data(), last.data() + last.size(), one.after);
    if (ec != std::errc{} || stop != last.data() + last.size())
      throw ApiError::fields({{"Last-Event-ID", "must be a seq"}});
  }
  head.status = 200;
  head.headers.set("Content-Type", "text/event-stream");
  head.headers.set("Cache-Control", "no-store");
  head.headers.set("X-Accel-Buffering", "no");
  head.body = ": connected\n\n";
  one.stream = responder.stream(std::move(head));
  {
    const std::lock_guard lock(mutex_);
    arriving_.push_back(std::move(one));
  }
  changed_.notify_one();
}

bool EventStreams::write(One& one, const storage::JournalEntry& e) {
  if (e.workspace_id != one.workspace_id) return true;
  if (e.seq > 0) one.after = e.seq;
  if (!one.types.empty() && one.types.count(e.type) == 0) return true;
  if (one.accounts && e.account_id &&
      std::find(one.accounts->begin(), one.accounts->end(), *e.account_id) == one.accounts->end())
    return true;
  std::string text;
  if (e.seq > 0) text = "id: " + std::to_string(e.seq) + "\n";
  return one.stream->write(text + "event: " + e.type + "\ndata: " + event_text(e) + "\n\n");
}

// Reads the journal until the stream is where the feed's subscription is.
bool EventStreams::catch_up(One& one) {
  while (one.after < subscription_->seen()) {
    storage::JournalQuery q;
    q.workspace_id = one.workspace_id;
    q.after_seq = one.after;
    q.limit = static_cast<int>(kBatch);
    const auto entries =
        database_.query([&](storage::Session& s) { return storage::journal::read(s, q); });
    for (const auto& e : entries) {
      if (e.seq > subscription_->seen()) break;  // comes by the feed
      if (!write(one, e)) return false;
    }
    if (entries.size() < kBatch || one.after >= subscription_->seen()) break;
  }
  one.behind = false;
  return true;
}

void EventStreams::pass_on(const std::vector<EventRef>& events) {
  for (auto it = streams_.begin(); it != streams_.end();) {
    bool fine = it->stream->open();
    for (const EventRef& e : events) {
      if (!fine) break;
      if (e->ephemeral() || e->view().seq > it->after) fine = write(*it, e->entry());
    }
    if (fine) {
      ++it;
    } else {
      it->stream->close();
      it = streams_.erase(it);
    }
  }
}

void EventStreams::loop() {
  auto heartbeat = std::chrono::steady_clock::now() + kHeartbeat;
  for (;;) {
    std::list<One> arrived;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, heartbeat,
                          [this] { return stopping_ || woken_ || !arriving_.empty(); });
      if (stopping_) break;
      woken_ = false;
      arrived.swap(arriving_);
    }
    try {
      do {
        pass_on(subscription_->poll(kBatch));
      } while (subscription_->pending());
      for (One& one : arrived)
        if (!catch_up(one)) one.stream->close();
      arrived.remove_if([](const One& one) { return one.behind; });
      streams_.splice(streams_.end(), arrived);
    } catch (const std::exception&) {
      // The database is away. What was not sent is asked for again by Last-Event-ID.
      for (One& one : arrived) one.stream->close();
      for (One& one : streams_) one.stream->close();
      streams_.clear();
    }
    if (std::chrono::steady_clock::now() >= heartbeat) {
      heartbeat = std::chrono::steady_clock::now() + kHeartbeat;
      streams_.remove_if([](One& one) { return !one.stream->write(": still here\n\n"); });
    }
  }
  for (One& one : streams_) one.stream->close();
  for (One& one : arriving_) one.stream->close();
}

}  // namespace gardu::host
