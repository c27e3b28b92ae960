// SPDX-License-Identifier: Apache-2.0
#include "app/typing.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace gardu::host {
namespace {

std::pair<std::string, std::string> key_of(const storage::JournalEntry& entry) {
  const auto data = nlohmann::json::parse(entry.data, nullptr, false);
  return {*entry.contact_id, data.is_object() ? data.value("by", "") : ""};
}

}  // namespace

Typing::Typing(Publish publish, std::chrono::milliseconds lasts)
    : publish_(std::move(publish)), lasts_(lasts), thread_([this] { loop(); }) {}

Typing::~Typing() { stop(); }

void Typing::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Typing::raise(storage::JournalEntry entry) {
  if (entry.contact_id && entry.type == "typing.started") {
    {
      const std::lock_guard lock(mutex_);
      shown_[key_of(entry)] = {Clock::now() + lasts_, entry};
    }
    changed_.notify_all();
  } else if (entry.contact_id && entry.type == "typing.stopped") {
    const std::lock_guard lock(mutex_);
    shown_.erase(key_of(entry));
  }
  publish_(std::move(entry));
}

void Typing::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    auto next = Clock::now() + std::chrono::hours(1);
    std::vector<storage::JournalEntry> ended;
    for (auto it = shown_.begin(); it != shown_.end();) {
      if (it->second.until <= Clock::now()) {
        ended.push_back(std::move(it->second.entry));
        it = shown_.erase(it);
      } else {
        next = std::min(next, it->second.until);
        ++it;
      }
    }
    if (!ended.empty()) {
      lock.unlock();
      for (auto& e : ended) {
        e.id = uuid_v7();
        e.type = "typing.stopped";
        e.recorded_at = e.occurred_at = now_ms();
        e.origin_socket.clear();
        publish_(std::move(e));
      }
      lock.lock();
      continue;
    }
    changed_.wait_until(lock, next);
  }
}

}  // namespace gardu::host
