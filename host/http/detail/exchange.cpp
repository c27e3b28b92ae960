// SPDX-License-Identifier: Apache-2.0
// State changes under the mutex; callbacks and posts after it is released.
#include "http/detail/exchange.hpp"

#include <utility>

namespace gardu::host::http::detail {

StreamQueue::StreamQueue(const ExchangeLink& link)
    : gate_(link.gate), target_(link.target), counters_(link.counters), limit_(link.stream_limit) {
  ++counters_->streams;
}

StreamQueue::~StreamQueue() { end(); }

bool StreamQueue::write(std::string data) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || ended_ || data.size() > limit_ - queued_) return false;
    if (data.empty()) return true;
    queued_ += data.size();
    queue_.push_back(std::move(data));
    if (std::exchange(woken_, true)) return true;
  }
  wake();
  return true;
}

void StreamQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closing_, true) || ended_) return;
    if (std::exchange(woken_, true)) return;
  }
  wake();
}

void StreamQueue::wake() {
  const bool posted = gate_->post([target = target_] {
    if (const auto connection = target.lock()) connection->stream_ready();
  });
  if (!posted) end();
}

bool StreamQueue::open() const {
  const std::lock_guard lock(mutex_);
  return !closing_ && !ended_;
}

void StreamQueue::on_close(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  call_guarded(callback);
}

StreamQueue::Batch StreamQueue::take() {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  Batch batch;
  batch.parts.swap(queue_);
  batch.last = closing_;
  return batch;
}

void StreamQueue::written(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  queued_ -= bytes;
}

void StreamQueue::end() {
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
    queue_.clear();
    callbacks.swap(callbacks_);
  }
  --counters_->streams;
  for (const auto& callback : callbacks) call_guarded(callback);
}

Exchange::Exchange(ExchangeLink link) : link_(std::move(link)) { ++link_.counters->in_flight; }

Exchange::~Exchange() { give_up(); }

bool Exchange::leave_waiting(State next) {
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kWaiting) return false;
    state_ = next;
    callbacks.swap(callbacks_);
  }
  --link_.counters->in_flight;
  if (next == State::kGivenUp) {
    for (const auto& callback : callbacks) call_guarded(callback);
  }
  return true;
}

bool Exchange::send(Response response) {
  if (!leave_waiting(State::kAnswered)) {
    ++link_.counters->ignored_answers;
    return false;
  }
  return link_.gate->post([self = shared_from_this(), response = std::move(response)]() mutable {
    if (const auto target = self->link_.target.lock()) target->answer(self, std::move(response));
  });
}

std::shared_ptr<Stream> Exchange::stream(Response head) {
  if (!leave_waiting(State::kAnswered)) {
    ++link_.counters->ignored_answers;
    return nullptr;
  }
  auto queue = std::make_shared<StreamQueue>(link_);
  const bool posted =
      link_.gate->post([self = shared_from_this(), queue, head = std::move(head)]() mutable {
        const auto target = self->link_.target.lock();
        if (target) {
          target->begin_stream(self, std::move(head), std::move(queue));
        } else {
          queue->end();
        }
      });
  if (!posted) queue->end();
  return queue;
}

bool Exchange::alive() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::kWaiting;
}

void Exchange::on_disconnect(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kAnswered) return;
    if (state_ == State::kWaiting) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  call_guarded(callback);
}

void Exchange::released() {
  if (!alive()) return;
  send(Response::problem(500, "The request was not answered.", link_.request_id));
}

bool Exchange::give_up() { return leave_waiting(State::kGivenUp); }

}  // namespace gardu::host::http::detail
