// SPDX-License-Identifier: Apache-2.0
//
// Rings of what passed.
#include "server/tap.hpp"

#include <algorithm>

namespace gardu::pusher {
namespace {

// Not in the middle of a character.
std::string cut(std::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return std::string(text.substr(0, limit));
}

}  // namespace

Taps::Tap* Taps::find(size_t app, std::string_view channel) {
  const auto it = std::ranges::find_if(
      taps_, [&](const Tap& tap) { return tap.app == app && tap.channel == channel; });
  return it == taps_.end() ? nullptr : &*it;
}

void Taps::close_idle(Clock::time_point now) {
  std::erase_if(taps_, [&](const Tap& tap) { return now - tap.looked > kIdle; });
  taps_open_.store(taps_.size(), std::memory_order_relaxed);
}

void Taps::add(size_t app, std::string_view channel, Record record) {
  const std::lock_guard lock(mutex_);
  close_idle(Clock::now());
  Tap* const tap = find(app, channel);
  if (tap == nullptr) return;
  record.id = ++last_id_;
  record.at = std::chrono::system_clock::now();
  record.channel = channel;
  tap->records.push_back(std::move(record));
  if (tap->records.size() <= kRecords) return;
  tap->last_gone = tap->records.front().id;
  tap->records.pop_front();
}

void Taps::sent(size_t app, std::span<const std::string> channels, const Record& record) {
  Record one = record;
  one.data_size = record.data.size();
  one.data = cut(record.data, kDataKept);
  for (const std::string& channel : channels) add(app, channel, one);
}

void Taps::came(size_t app, std::string_view channel, std::string_view socket_id) {
  Record record;
  record.what = What::subscribed;
  record.socket_id = socket_id;
  add(app, channel, std::move(record));
}

void Taps::went(size_t app, std::string_view channel, std::string_view socket_id) {
  Record record;
  record.what = What::unsubscribed;
  record.socket_id = socket_id;
  add(app, channel, std::move(record));
}

void Taps::refused(size_t app, std::string_view channel, std::string_view socket_id,
                   std::string_view why) {
  Record record;
  record.what = What::refused;
  record.at = std::chrono::system_clock::now();
  record.channel = cut(channel, 200);
  record.socket_id = socket_id;
  record.why = cut(why, 400);
  const std::lock_guard lock(mutex_);
  record.id = ++last_id_;
  refusals_.push_back({app, std::move(record)});
  if (refusals_.size() > kRefusals) refusals_.pop_front();
}

Taps::Look Taps::look(size_t app, std::string_view channel, uint64_t after, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  close_idle(now);
  Look out;
  Tap* tap = find(app, channel);
  out.opened = tap == nullptr;
  if (out.opened) {
    if (taps_.size() >= kTaps) taps_.erase(std::ranges::min_element(taps_, {}, &Tap::looked));
    tap = &taps_.emplace_back();
    tap->app = app;
    tap->channel = channel;
    taps_open_.store(taps_.size(), std::memory_order_relaxed);
  }
  tap->looked = now;
  out.missed = tap->last_gone > after;
  for (const Record& record : tap->records)
    if (record.id > after) out.records.push_back(record);
  for (const auto& [of, record] : refusals_)
    if (of == app && record.channel == channel && record.id > after) out.records.push_back(record);
  std::ranges::sort(out.records, {}, &Record::id);
  return out;
}

std::vector<Taps::Record> Taps::refusals(size_t app) const {
  const std::lock_guard lock(mutex_);
  std::vector<Record> out;
  for (const auto& [of, record] : refusals_)
    if (of == app) out.push_back(record);
  return out;
}

}  // namespace gardu::pusher
