// SPDX-License-Identifier: Apache-2.0
//
// A plugin's one thread: everything that calls into the plugin is a task here, so no two hooks ever
// run at once. Three kinds of work, looked at in this order: control tasks (never refused), timers,
// ordinary tasks (bounded). When there are none, `idle` is asked for more (the feed's events).
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace gardu::host {

class Mailbox {
 public:
  using Clock = std::chrono::steady_clock;
  struct Task {
    std::function<void()> run;
    std::function<void()> drop;  // instead of run, when the mailbox closes first; may be empty
  };

  // `idle` does a piece of work and says whether there is more of it.
  Mailbox(std::size_t capacity, std::function<bool()> idle);
  ~Mailbox();  // close()
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // False: full or closed, and nothing was taken (neither run nor drop will be called).
  bool post(Task task);
  // Not bounded; false only when closed.
  bool post_control(std::function<void()> run);
  // 0: closed. The delay may be 0.
  std::uint64_t after(std::chrono::microseconds delay, Task task);
  bool cancel(std::uint64_t timer);
  // There may be work for `idle`.
  void wake();

  // Drops the ordinary tasks that wait: nobody will come to them soon.
  void drop_tasks();
  // Takes no more tasks and timers, and drops those that wait; control tasks go on.
  void shut_tasks();
  // The thread's work is watched: how long the present task or hook has run (0: none does), and the
  // seq that it began with, if any.
  struct Busy {
    std::chrono::microseconds time{0};
    std::int64_t seq = 0;
  };
  Busy busy() const;
  // [own thread] A hook outside of a task, in `idle`.
  void hook(std::optional<std::int64_t> seq);

  // [own thread] Takes nothing more, and drops the timers and ordinary tasks that wait.
  void shut();
  // Runs the control tasks that wait, drops all others, ends the thread and joins it. Not from the
  // mailbox's own thread. False: the thread did not end within the limit and is still at work.
  bool close(std::optional<std::chrono::milliseconds> limit = {});
  bool on_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
  std::size_t depth() const;
  std::uint64_t refused() const;  // tasks for which it was full

 private:
  void loop();
  bool take_due(Task& out);

  const std::size_t capacity_;
  const std::function<bool()> idle_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Below: guarded by mutex_.
  std::deque<std::function<void()>> control_;
  std::deque<Task> tasks_;
  std::map<std::pair<Clock::time_point, std::uint64_t>, Task> timers_;
  std::map<std::uint64_t, Clock::time_point> due_;  // of each timer
  std::uint64_t next_timer_ = 1;
  bool woken_ = false;
  bool closing_ = false, no_tasks_ = false;
  bool ended_ = false;
  std::uint64_t refused_ = 0;
  std::atomic<std::int64_t> busy_since_{0}, busy_seq_{0};  // microseconds of Clock; 0: not busy
  std::thread thread_;                                     // last: starts in the constructor
};

}  // namespace gardu::host
