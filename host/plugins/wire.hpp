// SPDX-License-Identifier: Apache-2.0
//
// How values cross between the gateway and the process of a plugin: fixed-width little-endian
// numbers and counted bytes, in the order in which they are named. Both ends are built from the
// same sources, so there is no versioning here. What is read is checked: too little of it throws.
#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <gardu/result.hpp>

namespace gardu::host::wire {

// Of bytes; a frame is limited to far less.
inline std::uint32_t length_of(std::uint64_t size) {
  if (size > UINT32_MAX) throw std::runtime_error("a text of more than 4 GiB");
  return static_cast<std::uint32_t>(size);
}

template <class T>
concept Number = std::integral<T> || std::is_enum_v<T> || std::floating_point<T>;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  // Room for so many bytes, to be filled at once.
  char* grow(std::size_t size) {
    const std::size_t before = out_.size();
    out_.resize(before + size);
    return out_.data() + before;
  }
  template <Number T>
  void put(T v) {
    out_.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  void put(std::string_view v) {
    put(length_of(v.size()));
    out_.append(v);
  }
  void put(const std::string& v) { put(std::string_view(v)); }
  void put(gardu_str v) { put(view(v)); }
  template <class T>
  void put(const std::optional<T>& v) {
    put(v.has_value());
    if (v) put(*v);
  }
  template <class A, class B>
  void put(const std::pair<A, B>& v) {
    put(v.first);
    put(v.second);
  }
  template <class T>
  void put(const std::vector<T>& v) {
    put(static_cast<std::uint64_t>(v.size()));
    for (const T& each : v) put(each);
  }
  void put(const Status& s) {
    put(s.code());
    put(s.message());
    put(s.provider_code());
    put(s.title());
    put(static_cast<std::int64_t>(s.retry_after().count()));
    put(s.scope());
  }
  template <class A, class B, class... More>
  void put(const A& a, const B& b, const More&... more) {
    put(a);
    put(b);
    (put(more), ...);
  }

 private:
  std::string& out_;
};

template <class... Args>
std::string pack(const Args&... args) {
  std::string out;
  Writer writer(out);
  (writer.put(args), ...);
  return out;
}

// Views point into what is read.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  template <class T>
  T get() {
    T v{};
    take(v);
    return v;
  }
  template <class... Args>
  void into(Args&... args) {
    (take(args), ...);
  }
  bool done() const { return in_.empty(); }

  template <Number T>
  void take(T& v) {
    std::memcpy(&v, bytes(sizeof v).data(), sizeof v);
  }
  void take(bool& v) { v = bytes(1)[0] != 0; }
  void take(std::string_view& v) { v = bytes(get<std::uint32_t>()); }
  void take(std::string& v) { v = get<std::string_view>(); }
  void take(gardu_str& v) { v = str(get<std::string_view>()); }
  template <class T>
  void take(std::optional<T>& v) {
    if (get<bool>()) take(v.emplace());
  }
  template <class A, class B>
  void take(std::pair<A, B>& v) {
    take(v.first);
    take(v.second);
  }
  template <class T>
  void take(std::vector<T>& v) {
    const auto count = get<std::uint64_t>();
    if (count > in_.size()) throw std::runtime_error("a list is longer than its frame");
    v.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) take(v.emplace_back());
  }
  void take(Status& s) {
    gardu_error e = Status::record();
    const auto code = get<std::int32_t>();
    const auto message = get<std::string>();
    auto provider_code = get<std::string>(), title = get<std::string>();
    e.retry_after = get<std::int64_t>();
    e.scope = get<std::uint32_t>();
    const auto put = [](auto& out, const std::string& in) {
      const std::size_t n = std::min(in.size(), sizeof out - 1);
      std::memcpy(out, in.data(), n);
    };
    put(e.message, message);
    put(e.provider_code, provider_code);
    put(e.title, title);
    s = Status::read_from(code, e);
  }

 private:
  std::string_view bytes(std::uint64_t n) {
    if (n > in_.size()) throw std::runtime_error("a frame is shorter than what it tells");
    const std::string_view out = in_.substr(0, static_cast<std::size_t>(n));
    in_.remove_prefix(static_cast<std::size_t>(n));
    return out;
  }
  std::string_view in_;
};

}  // namespace gardu::host::wire
