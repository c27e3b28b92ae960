// SPDX-License-Identifier: Apache-2.0
#include "sender.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "signature.hpp"

namespace forward_events {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kAtOnce = 8;   // under way of a target
constexpr std::int64_t kOutages = 8;  // in a row: then the target is tried with one at a time
constexpr Micros kSweep = 5s;         // looks again even when nothing woke it
constexpr Micros kAfterTrouble = 1s;
constexpr Micros kLongestPause = 60s;

std::string why_of(const gardu::HttpAnswer& answer) {
  if (answer.answered()) return "HTTP " + std::to_string(answer.status());
  return answer.error().empty() ? "no answer" : std::string(answer.error());
}

}  // namespace

Sender::Sender(const gardu::Host& host, const Settings& settings, const Queue& queue, Clock clock)
    : host_(host), settings_(settings), queue_(queue), clock_(std::move(clock)) {
  for (const Target& target : settings.targets) {
    const std::string label = "target=\"" + target.id + "\"";
    Line& line = lines_[target.id];
    line.target = &target;
    line.delivered = host.counter("delivered_total", "Deliveries that were accepted", label);
    line.failed = host.counter("failed_total", "Attempts that failed", label);
    line.dead = host.counter("dead_total", "Deliveries that were given up", label);
    line.queued = host.gauge("queued", "Deliveries that wait", label);
  }
}

void Sender::begin() {
  for (const auto& [id, line] : lines_)
    host_.info("target " + id + " is at " + line.target->shown());
  const std::int64_t orphans = queue_.bury_orphans(settings_, clock_());
  if (orphans > 0)
    host_.warn(std::to_string(orphans) + " deliveries are dead: their target is not configured");
  wake();
}

void Sender::wake(Micros delay) {
  const std::int64_t at = clock_() + delay.count();
  if (timer_ != 0) {
    if (timer_at_ <= at) return;
    host_.cancel(timer_);
  }
  timer_at_ = at;
  timer_ = host_.after(delay, [this] {
    timer_ = 0;
    look();
  });
}

void Sender::look() {
  Micros again = kSweep;
  try {
    write_down();
    for (auto& [id, line] : lines_) again = std::min(again, send_due(line));
    if (clock_() - swept_at_ >= kSweep.count()) sweep();
  } catch (const std::exception& e) {
    host_.warn(std::string("the queue cannot be read or written, it goes on later: ") + e.what());
    again = kAfterTrouble;
  }
  wake(again);
}

void Sender::sweep() {
  swept_at_ = clock_();
  for (auto& [id, line] : lines_) line.queued.set(queue_.waiting(id));
  queue_.forget_dead(swept_at_ - settings_.keep_dead.count());
}

Micros Sender::send_due(Line& line) {
  const std::int64_t now = clock_();
  if (line.paused_until > now) return Micros{line.paused_until - now};
  const auto under_way = static_cast<std::int64_t>(line.busy.size());
  std::int64_t room = (line.outages >= kOutages ? 1 : kAtOnce) - under_way;
  if (room <= 0) return kSweep;  // the end of one of them looks again
  // Those under way are still in the queue, each the oldest of its lane.
  for (const Delivery& delivery : queue_.due(line.target->id, now, room + under_way)) {
    if (room == 0) break;
    if (line.busy.contains(delivery.lane)) continue;
    if (!send(line, delivery)) return kAfterTrouble;
    --room;
  }
  const auto next = queue_.next_due(line.target->id, now);
  return next ? std::max<Micros>(Micros{*next - now}, 1ms) : kSweep;
}

bool Sender::send(Line& line, const Delivery& delivery) {
  const std::int64_t now = clock_() / 1'000'000;
  gardu::HttpCall call;
  call.method = "POST";
  call.url = line.target->url;
  call.body = delivery.body;
  call.deadline = settings_.timeout;
  call.headers = line.target->headers;
  call.headers.insert(
      call.headers.end(),
      {{"Content-Type", "application/json"},
       {"X-Gardu-Event", delivery.event},
       {"X-Gardu-Delivery", delivery.id},
       {"X-Gardu-Timestamp", std::to_string(now)},
       {"X-Gardu-Signature", signature_header(line.target->secret, now, delivery.body)}});
  Delivery kept = delivery;
  kept.body.clear();
  const gardu::Status status =
      host_.http().request(call, [this, &line, kept = std::move(kept)](const auto& answer) {
        // Stopped: perhaps on another thread. It is still in the queue, and goes out again.
        if (answer.progress() != GARDU_HTTP_STOPPED) ended(line, kept, answer);
      });
  if (status.ok()) line.busy.insert(delivery.lane);
  return status.ok();
}

void Sender::ended(Line& line, const Delivery& delivery, const gardu::HttpAnswer& answer) {
  note_health(line, answer);
  Outcome out{delivery, judge(answer.progress(), answer.status()), why_of(answer), 0};
  ++out.delivery.attempts;
  if (out.verdict != Verdict::delivered) line.failed.add();
  if (out.verdict == Verdict::retry) {
    if (out.delivery.attempts >= settings_.attempts)
      out.verdict = Verdict::dead;
    else
      out.not_before = next_try(line, out.delivery, answer);
  }
  outcomes_.push_back(std::move(out));
  look();
}

std::int64_t Sender::next_try(Line& line, const Delivery& delivery,
                              const gardu::HttpAnswer& answer) {
  const std::int64_t now = clock_();
  const double luck = std::uniform_real_distribution<double>(0, 1)(luck_);
  Micros wait = backoff(delivery.attempts, settings_.first_retry, luck);
  if (!answer.answered()) return now + wait.count();
  if (const auto wish = retry_after(answer.header("Retry-After"), now)) {
    wait = std::max(wait, *wish);
    // These are about the receiver, not about this event.
    if (answer.status() == 429 || answer.status() == 503)
      line.paused_until = std::max(line.paused_until, now + wish->count());
  }
  return now + wait.count();
}

// A receiver that is out of order is tried with one delivery now and then, so that not each of them
// uses up its attempts on it.
void Sender::note_health(Line& line, const gardu::HttpAnswer& answer) {
  if (!is_outage(answer.progress(), answer.status())) {
    if (line.outages >= kOutages) host_.info("target " + line.target->id + " answers again");
    line.outages = 0;
    return;
  }
  ++line.outages;
  if (line.outages < kOutages) return;
  if (line.outages == kOutages)
    host_.warn("target " + line.target->id + " at " + line.target->shown() + " is out of order");
  const Micros pause =
      std::min(kLongestPause, backoff(line.outages - kOutages + 1, settings_.first_retry, 0.5));
  line.paused_until = std::max(line.paused_until, clock_() + pause.count());
}

void Sender::write_down() {
  while (!outcomes_.empty()) {
    write_down(outcomes_.front());  // throws: it stays, and its lane waits
    outcomes_.erase(outcomes_.begin());
  }
}

void Sender::write_down(const Outcome& out) {
  const Delivery& d = out.delivery;
  Line& line = lines_.at(d.target);
  if (out.verdict == Verdict::delivered) {
    queue_.remove(d.id);
    line.delivered.add();
  } else if (out.verdict == Verdict::retry) {
    queue_.postpone(d.id, d.attempts, out.not_before, out.why, clock_());
  } else {
    queue_.bury(d.id, d.attempts, out.why, clock_());
    line.dead.add();
    host_.warn("delivery " + d.id + " (" + d.event + ") to " + line.target->shown() +
               " is dead after " + std::to_string(d.attempts) + " attempts");
  }
  line.busy.erase(d.lane);
}

}  // namespace forward_events
