// SPDX-License-Identifier: Apache-2.0
//
// Memory that a plugin is shown for the length of a call. Afterwards it is overwritten, and freed
// where a sanitizer watches; elsewhere it is kept for a while, so that who still reads a view reads
// '#' and nothing else. Not for several threads.
#pragma once
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../result.hpp"

namespace gardu::testing::detail {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kWatched = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kWatched = true;
#else
inline constexpr bool kWatched = false;
#endif
#else
inline constexpr bool kWatched = false;
#endif

class Shown {
 public:
  Shown() = default;
  Shown(Shown&&) = default;
  Shown& operator=(Shown&&) = delete;
  ~Shown() {
    for (const Chunk& c : chunks_) scribble(c);
  }

  // A text of its own, not terminated: behind it stands a '#'.
  gardu_str text(std::string_view s) {
    if (s.empty()) return {nullptr, 0};
    char* at = take(s.size() + 1);
    std::memcpy(at, s.data(), s.size());
    at[s.size()] = '#';
    return {at, s.size()};
  }
  template <class T>
  T* make(size_t count = 1) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return nullptr;
    return new (take(count * sizeof(T))) T[count]{};
  }
  // A struct that says its own size.
  template <class T>
  T* sized() {
    T* out = make<T>();
    out->size = sizeof(T);
    return out;
  }

  // What is left after scribbling; the host keeps it for a while.
  using Remains = std::vector<std::unique_ptr<char[]>>;
  Remains end() {
    Remains out;
    for (Chunk& c : chunks_) {
      scribble(c);
      if (!kWatched) out.push_back(std::move(c.bytes));
    }
    chunks_.clear();
    return out;
  }

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t size;
  };
  static void scribble(const Chunk& c) {
    if (c.bytes) std::memset(c.bytes.get(), '#', c.size);
  }
  char* take(size_t size) {
    chunks_.push_back({std::make_unique<char[]>(size), size});
    return chunks_.back().bytes.get();
  }
  std::vector<Chunk> chunks_;
};

}  // namespace gardu::testing::detail
