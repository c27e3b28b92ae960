// SPDX-License-Identifier: Apache-2.0
#include "storage/lent_transaction.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace gardu::storage {
namespace {

constexpr std::chrono::milliseconds kSure{250};  // that a loan has, whoever waits
constexpr std::chrono::milliseconds kLook{10};   // how often it is looked whether somebody does

}  // namespace

struct LentTransaction::State {
  enum class Phase { waiting, lent, kept, undone };

  std::mutex mutex;
  std::condition_variable changed;
  // Below: guarded by mutex.
  Phase phase = Phase::waiting;
  Transaction* tx = nullptr;
  bool in_use = false;
  bool late = false;
  bool finished = false;
  std::exception_ptr result;

  static Error over() {
    return {ErrorKind::timeout, "the transaction took too long and was undone"};
  }
  // On the writer's thread.
  void lend(Transaction& lent, const Writer& writer, std::chrono::milliseconds limit);
};

void LentTransaction::State::lend(Transaction& lent, const Writer& writer,
                                  std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex);
  if (phase == Phase::waiting) {
    tx = &lent;
    phase = Phase::lent;
    changed.notify_all();
    const auto ended = [&] { return phase != Phase::lent; };
    const auto begun = std::chrono::steady_clock::now();
    bool over = !changed.wait_for(lock, std::min(limit, kSure), ended);
    while (over && writer.waiting() == 0 && std::chrono::steady_clock::now() - begun < limit)
      over = !changed.wait_for(lock, kLook, ended);
    if (over) {
      late = true;
      phase = Phase::undone;
    }
    changed.wait(lock, [&] { return !in_use; });
    tx = nullptr;
  }
  if (phase != Phase::kept) throw this->over();
}

LentTransaction::LentTransaction(Writer& writer, std::chrono::milliseconds limit)
    : state_(std::make_shared<State>()) {
  const auto state = state_;
  const bool taken =
      writer.submit([state, &writer, limit](Transaction& tx) { state->lend(tx, writer, limit); },
                    [state](const std::exception_ptr& failed) {
                      const std::lock_guard lock(state->mutex);
                      state->finished = true;
                      state->result = failed;
                      state->changed.notify_all();
                    });
  if (!taken) throw Error(ErrorKind::busy, "too many writes wait, or the program is stopping");
  std::unique_lock lock(state->mutex);
  state->changed.wait(lock,
                      [&] { return state->phase != State::Phase::waiting || state->finished; });
  if (state->finished && state->result) std::rethrow_exception(state->result);
}

LentTransaction::~LentTransaction() {
  std::unique_lock lock(state_->mutex);
  if (state_->phase == State::Phase::lent) {
    state_->phase = State::Phase::undone;
    state_->changed.notify_all();
  }
}

void LentTransaction::use(const std::function<void(Transaction&)>& body) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->phase != State::Phase::lent) throw State::over();
    state_->in_use = true;
  }
  struct Return {
    State& state;
    ~Return() {
      const std::lock_guard lock(state.mutex);
      state.in_use = false;
      state.changed.notify_all();
    }
  } const back{*state_};
  body(*state_->tx);
}

void LentTransaction::commit() {
  std::unique_lock lock(state_->mutex);
  if (state_->phase == State::Phase::lent) {
    state_->phase = State::Phase::kept;
    state_->changed.notify_all();
  }
  state_->changed.wait(lock, [&] { return state_->finished; });
  if (state_->late) throw State::over();
  if (state_->result) std::rethrow_exception(state_->result);
}

}  // namespace gardu::storage
