// SPDX-License-Identifier: Apache-2.0
#include "storage/writer.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "session.hpp"

namespace gardu::storage {

struct Writer::Impl {
  struct Item {
    Work work;
    Done done;
    Repeat repeat;
    std::exception_ptr failed;
  };
  using Items = std::vector<Item>;

  Impl(Connect c, const Options& o) : connect(std::move(c)), options(o), tx(connect()) {}

  void loop();
  std::vector<Item> take();
  void write(std::vector<Item>& items);
  std::exception_ptr transact(std::vector<Item>& items);
  void begin();
  void start();
  void forget();
  void unlock();
  void run_one(Item& item);
  void run_together(Items& items, Items::iterator first, Items::iterator last);
  void run_all(Items& items);
  template <class F>
  void effect(F&& body);
  void count(const std::vector<Item>& items, const std::exception_ptr& failed);

  const Connect connect;
  const Options options;
  Transaction tx;
  bool lost = false;   // the connection
  std::string damage;  // guarded by mutex: what was found corrupt, which does not heal
  Listener listener;
  mutable std::mutex mutex;
  std::condition_variable enough;
  std::deque<Item> queue;  // guarded by mutex
  std::size_t wanted = 1;  // guarded by mutex: the length of the queue that wakes the thread
  bool stopping = false;   // guarded by mutex
  std::size_t last_batch = 0;
  Stats stats;          // guarded by mutex
  std::string failure;  // guarded by mutex
  std::thread thread;
};

Writer::Writer(Connect connect, const Options& options)
    : impl_(std::make_unique<Impl>(std::move(connect), options)) {
  impl_->thread = std::thread([this] { impl_->loop(); });
}

Writer::~Writer() { stop(); }

bool Writer::submit(Work work, Done done, Repeat repeat) {
  bool wake = false;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping ||
        impl_->queue.size() >= static_cast<std::size_t>(impl_->options.writer_queue))
      return false;
    impl_->queue.push_back({std::move(work), std::move(done), repeat, nullptr});
    wake = impl_->queue.size() == impl_->wanted;
  }
  if (wake) impl_->enough.notify_one();
  return true;
}

void Writer::run(Work work) {
  std::promise<void> promise;
  auto future = promise.get_future();
  const bool taken = submit(std::move(work), [&promise](const std::exception_ptr& e) {
    if (e) {
      promise.set_exception(e);
    } else {
      promise.set_value();
    }
  });
  if (!taken) throw Error(ErrorKind::busy, "too many writes wait, or the program is stopping");
  future.get();
}

void Writer::set_on_commit(Listener listener) {
  const std::lock_guard lock(impl_->mutex);
  impl_->listener = std::move(listener);
}

std::size_t Writer::waiting() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->queue.size();
}

Writer::Stats Writer::stats() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->stats;
}

std::string Writer::last_failure() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->failure;
}

void Writer::found_well() {
  const std::lock_guard lock(impl_->mutex);
  impl_->failure = impl_->damage;
}

void Writer::stop() {
  std::thread thread;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    thread.swap(impl_->thread);
  }
  impl_->enough.notify_one();
  if (thread.joinable()) thread.join();
}

// Only when others were here a moment ago is it likely that more come, so a lone caller never
// waits; and when as many are back as there were, nobody else is expected.
std::vector<Writer::Impl::Item> Writer::Impl::take() {
  const auto most = static_cast<std::size_t>(options.group_commit_max);
  std::unique_lock lock(mutex);
  wanted = 1;
  enough.wait(lock, [&] { return stopping || !queue.empty(); });
  if (last_batch > 1) {
    wanted = std::min(most, last_batch);
    enough.wait_for(lock, options.group_commit_wait,
                    [&] { return stopping || queue.size() >= wanted; });
  }
  wanted = 0;  // busy now: nobody needs to wake the thread
  const auto n = static_cast<std::ptrdiff_t>(std::min(most, queue.size()));
  std::vector<Item> items(std::make_move_iterator(queue.begin()),
                          std::make_move_iterator(queue.begin() + n));
  queue.erase(queue.begin(), queue.begin() + n);
  last_batch = items.size();
  return items;
}

void Writer::Impl::loop() {
  for (;;) {
    auto items = take();
    if (items.empty()) return;  // stopping, and nothing waits
    write(items);
  }
}

// A work in a part of its own. Throws when the transaction as a whole is lost.
void Writer::Impl::run_one(Item& item) {
  tx.parts_.clear();  // a work that threw may have left some open
  tx.begin_part();
  try {
    item.work(tx);
    tx.end_part(true);
  } catch (...) {
    item.failed = std::current_exception();
    if (!tx.impl().in_transaction()) throw;  // the engine undid everything: a full disk
    while (!tx.parts_.empty()) tx.end_part(false);
  }
}

// One part for all of them, and none where they are all there is: a savepoint costs more than what
// most works write (the full text index is flushed at its end, and each page that changes is copied
// first). When one throws, each runs again in a part of its own.
void Writer::Impl::run_together(Items& items, Items::iterator first, Items::iterator last) {
  const bool whole = first == items.begin() && last == items.end();
  tx.parts_.clear();
  if (!whole) tx.begin_part();
  try {
    for (auto item = first; item != last; ++item) item->work(tx);
    if (!whole) tx.end_part(true);
    return;
  } catch (...) {
    if (!tx.impl().in_transaction()) throw;
    if (whole) {
      forget();
      storage::run(tx, "rollback");
      start();
    } else {
      while (!tx.parts_.empty()) tx.end_part(false);
    }
  }
  for (auto item = first; item != last; ++item) run_one(*item);
}

void Writer::Impl::run_all(Items& items) {
  for (auto item = items.begin(); item != items.end();) {
    const auto end =
        std::find_if(item, items.end(), [](const Item& i) { return i.repeat == Repeat::never; });
    if (end - item > 1) {
      run_together(items, item, end);
      item = end;
    } else {
      run_one(*item++);
    }
  }
}

// A connection that was lost while nothing was under way is made anew, and nobody notices.
void Writer::Impl::begin() {
  for (bool again = lost;; again = true) {
    try {
      if (again) tx.replace(connect());
      lost = false;
      if (const char* lock = tx.impl().dialect().lock_writers();
          lock != nullptr && number(tx, lock, 0) != 1)
        throw Error(ErrorKind::busy, "another host has been writing for too long");
      start();
      return;
    } catch (const Error& e) {
      lost = e.kind() == ErrorKind::unavailable;
      if (again || !lost) throw;
    }
  }
}

void Writer::Impl::start() {
  storage::run(tx, tx.impl().dialect().begin_write());
  if (tx.impl().dialect().many_writers()) number(tx, tx.impl().dialect().lock_journal_counter(), 0);
}

void Writer::Impl::forget() {
  tx.appended_.clear();
  tx.deferred_.clear();
  tx.next_seq_ = 0;
}

// Only now, when what was committed can be seen by everybody. What fails is committed all the same:
// the lock goes with the connection.
void Writer::Impl::unlock() {
  const char* const unlock = tx.impl().dialect().unlock_writers();
  if (unlock == nullptr) return;
  try {
    number(tx, unlock, 0);
  } catch (const Error&) {
    lost = true;
  }
}

// One transaction for all of them; what it failed with.
std::exception_ptr Writer::Impl::transact(std::vector<Item>& items) {
  forget();
  try {
    begin();
    run_all(items);
    if (!tx.appended_.empty())
      storage::run(tx, "update counters set value = :a where name = 'journal'",
                   tx.appended_.back().seq);
    tx.impl().check_place();
    storage::run(tx, "commit");
    unlock();
    return nullptr;
  } catch (...) {
    auto failed = std::current_exception();
    try {
      if (lost) return failed;
      if (tx.impl().in_transaction()) storage::run(tx, "rollback");
      unlock();
    } catch (const Error&) {
      lost = true;  // the next transaction finds a new connection, or says what is wrong
    }
    return failed;
  }
}

template <class F>
void Writer::Impl::effect(F&& body) {
  try {
    body();
  } catch (...) {
    const std::lock_guard lock(mutex);
    ++stats.failed_effects;
  }
}

void Writer::Impl::count(const std::vector<Item>& items, const std::exception_ptr& failed) {
  std::string text, broken;
  try {
    if (failed) std::rethrow_exception(failed);
  } catch (const std::exception& e) {
    text = e.what();
  } catch (...) {
    text = "unknown";
  }
  for (const Item& item : items) {
    try {
      if (item.failed) std::rethrow_exception(item.failed);
    } catch (const Error& e) {
      // A server's disk may be full for one statement, and its transaction end well.
      const ErrorKind kind = e.kind();
      if (kind == ErrorKind::full || kind == ErrorKind::read_only) text = e.what();
      if (kind == ErrorKind::corrupt) broken = e.what();
    } catch (...) {  // the work's own
    }
  }
  const std::lock_guard lock(mutex);
  if (damage.empty()) damage = std::move(broken);
  if (!damage.empty()) text = damage;
  if (!text.empty()) failure = std::move(text);
  ++stats.transactions;
  stats.works += items.size();
  if (failed) ++stats.failed_commits;
  for (const Item& item : items)
    if (item.failed) ++stats.failed_works;
}

void Writer::Impl::write(std::vector<Item>& items) {
  const std::exception_ptr failed = transact(items);
  count(items, failed);
  if (!failed) {
    if (listener && !tx.appended_.empty())
      effect([&] { listener(std::exchange(tx.appended_, {})); });
    for (auto& deferred : std::exchange(tx.deferred_, {})) effect(deferred);
  }
  for (Item& item : items) {
    if (item.done) effect([&] { item.done(item.failed || !failed ? item.failed : failed); });
    item = {};  // what it holds is let go on this thread, before the next transaction
  }
  tx.impl().trim();
  if (!lost) tx.impl().upkeep();
}

}  // namespace gardu::storage
