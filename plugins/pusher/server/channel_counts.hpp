// SPDX-License-Identifier: Apache-2.0
//
// How many connections of all threads are in each channel of an app: what the HTTP API tells, and
// what spares building frames for nobody. Thread-safe; locked per part of the names.
#pragma once
#include <array>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gardu::pusher {

// Lets maps of strings be asked with views.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

class ChannelCounts {
 public:
  size_t add(std::string_view channel);     // the new count
  size_t remove(std::string_view channel);  // the new count; 0: the channel is gone
  size_t count(std::string_view channel) const;
  // Occupied channels whose names begin with `prefix`, sorted.
  std::vector<std::pair<std::string, size_t>> list(std::string_view prefix) const;

 private:
  struct Part {
    mutable std::shared_mutex mutex;
    std::unordered_map<std::string, size_t, TextHash, std::equal_to<>> counts;
  };
  Part& part(std::string_view channel) { return parts_[TextHash{}(channel) % parts_.size()]; }
  const Part& part(std::string_view channel) const {
    return parts_[TextHash{}(channel) % parts_.size()];
  }

  std::array<Part, 16> parts_;
};

}  // namespace gardu::pusher
