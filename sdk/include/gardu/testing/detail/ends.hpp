// SPDX-License-Identifier: Apache-2.0
//
// For the FakeHost itself: the calls back into the plugin: timers, posted work, and the ends of
// publishes, sends and HTTP calls; and what a stop does about them.
#pragma once
#include "tables.hpp"

namespace gardu::testing::detail {

inline gardu_publish_result made_up_result_locked(State& s, const Publication& p) {
  gardu_publish_result r{};
  r.size = sizeof r;
  r.seq = s.next_seq++;
  if (p.message) {
    const std::string id = fake_id("message", p.account_id + p.message->provider_message_id);
    std::memcpy(r.message_id, id.c_str(), id.size() + 1);
  }
  if (p.peer) {
    const std::string id = fake_contact(p.peer->address).id;
    std::memcpy(r.contact_id, id.c_str(), id.size() + 1);
  }
  return r;
}
inline std::vector<gardu_publish_result> results_of(State& s, const PublishEnd& e) {
  std::vector<gardu_publish_result> results;
  for (const Publication& p : e.items) {
    std::function<gardu_publish_result(const Publication&)> f;
    {
      const std::lock_guard lock(s.mutex);
      f = s.publish_result;
      if (!f) results.push_back(made_up_result_locked(s, p));
    }
    if (f) {
      results.push_back(f(p));
      results.back().size = sizeof(gardu_publish_result);
    }
  }
  return results;
}

template <class T>
std::optional<T> take_first(State& s, std::deque<T>& from) {
  const std::lock_guard lock(s.mutex);
  if (from.empty()) return std::nullopt;
  std::optional<T> out(std::move(from.front()));
  from.pop_front();
  return out;
}
inline bool finish_publish(State& s, int32_t status, std::vector<gardu_publish_result> results) {
  const auto e = take_first(s, s.publish_ends);
  if (!e) return false;
  if (status == GARDU_OK && results.empty()) results = results_of(s, *e);
  const Hook hook(s, "the end of a publish", true);
  end_publish(*e, status, results);
  return true;
}
inline bool finish_send(State& s, const Status& status) {
  const auto e = take_first(s, s.send_ends);
  if (!e) return false;
  const Hook hook(s, "the end of a send", true);
  end_send(*e, status);
  return true;
}

// The oldest end that is not held back. False: there is none.
inline bool end_one(State& s) {
  enum class What { none, publish, send, http };
  What what = What::none;
  {
    const std::lock_guard lock(s.mutex);
    uint64_t oldest = ~uint64_t{0};
    const auto look = [&](const auto& ends, std::string_view service, What which) {
      if (ends.empty() || s.held_back(service) || ends.front().order >= oldest) return;
      oldest = ends.front().order;
      what = which;
    };
    look(s.publish_ends, GARDU_EXT_PUBLISH, What::publish);
    look(s.send_ends, GARDU_EXT_SEND, What::send);
    look(s.http_ends, GARDU_EXT_HTTP_CLIENT, What::http);
  }
  if (what == What::none) return false;
  if (what == What::publish) return finish_publish(s, GARDU_OK, {});
  if (what == What::send) return finish_send(s, {});
  if (const auto e = take_first(s, s.http_ends)) end_http(s, *e, answer_to(s, e->call));
  return true;
}
inline bool run_posted(State& s) {
  const auto work = take_first(s, s.posted);
  if (!work) return false;
  const Hook hook(s, "posted work");
  work->run(work->user);
  return true;
}
inline size_t run_all(State& s, bool posted) {
  constexpr size_t kMost = 100'000;
  size_t n = 0;
  while (n < kMost && ((posted && run_posted(s)) || end_one(s))) ++n;
  if (n == kMost) s.fault("callbacks begin new work again and again, more than 100000 times");
  return n;
}
inline void pass_time(State& s, int64_t time) {
  int64_t until = 0;
  {
    const std::lock_guard lock(s.mutex);
    until = s.now + std::max<int64_t>(time, 0);
  }
  for (;;) {
    Timer timer{};
    {
      const std::lock_guard lock(s.mutex);
      const auto next =
          std::min_element(s.timers.begin(), s.timers.end(), [](const auto& a, const auto& b) {
            return std::pair(a.second.due, a.first) < std::pair(b.second.due, b.first);
          });
      if (next == s.timers.end() || next->second.due > until) break;
      s.now = std::max(s.now, next->second.due);
      timer = s.timers.extract(next).mapped();
    }
    {
      const Hook hook(s, "a timer");
      timer.fire(timer.user);
    }
    run_all(s, true);
  }
  {
    const std::lock_guard lock(s.mutex);
    s.now = until;
  }
  run_all(s, true);
}

// What waits when the plugin stops: nothing of it comes any more, and every end is told.
inline void end_all(State& s) {
  std::map<uint64_t, Timer> timers;
  {
    const std::lock_guard lock(s.mutex);
    timers.swap(s.timers);
    s.routes.clear();
    s.media_writing.clear();
  }
  for (const auto& [id, timer] : timers)
    if (timer.drop != nullptr) timer.drop(timer.user);
  while (const auto work = take_first(s, s.posted))
    if (work->drop != nullptr) work->drop(work->user);
  while (const auto e = take_first(s, s.http_ends)) {
    FakeAnswer stopped;
    stopped.progress = GARDU_HTTP_STOPPED;
    stopped.error = "the plugin stopped";
    end_http(s, *e, stopped);
  }
  while (finish_publish(s, GARDU_STOPPED, {})) {
  }
  while (finish_send(s, {GARDU_STOPPED, "the plugin stopped"})) {
  }
}

}  // namespace gardu::testing::detail
