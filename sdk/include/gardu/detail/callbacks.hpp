// SPDX-License-Identifier: Apache-2.0
//
// For the layer itself: functions that the host holds and calls back, behind a barrier, and the
// services' tables.
#pragma once
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../abi/ext/log.h"
#include "../result.hpp"

namespace gardu::detail {

inline void tell(const gardu_host_log* log, void* context, std::string_view where,
                 std::string_view what) {
  if (log == nullptr) return;
  std::string line(where);
  line.append(" threw: ").append(what);
  log->log(context, GARDU_LOG_ERROR, str(line));
}

// The barrier of what the host calls back: an exception ends as a line in the log.
template <class F>
void contain(const gardu_host_log* log, void* context, std::string_view where, F&& body) noexcept {
  try {
    try {
      body();
    } catch (const std::exception& e) {
      tell(log, context, where, e.what());
    } catch (...) {
      tell(log, context, where, "an exception that is no std::exception");
    }
  } catch (...) {
    // Not even the line could be made: out of memory.
  }
}

// A function that the host holds as `user`, with what its barrier needs.
template <class F>
struct Kept {
  F function;
  const gardu_host_log* log;
  void* context;
  template <class... Args>
  void run(std::string_view where, Args&&... args) const noexcept {
    contain(log, context, where, [&] {
      if (function) function(std::forward<Args>(args)...);
    });
  }
};

// A function that a service calls while it is itself being called, on the same thread: what it
// throws stops the service's loop and is thrown again on this side.
template <class F>
class Visitor {
 public:
  explicit Visitor(F& f) noexcept : f_(f) {}
  // What the host is to do next: 1 goes on, 0 stops. A function without a result never stops.
  template <class... Args>
  int32_t operator()(Args&&... args) noexcept {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F&, Args...>>) {
        f_(std::forward<Args>(args)...);
        return 1;
      } else {
        return f_(std::forward<Args>(args)...) ? 1 : 0;
      }
    } catch (...) {
      thrown_ = std::current_exception();
      return 0;
    }
  }
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  F& f_;
  std::exception_ptr thrown_;
};

template <class Table>
const Table* find(const gardu_host& host, const char* id) noexcept {
  return static_cast<const Table*>(host.extension(host.context, id));
}
template <class Table>
const Table& need(const Table* table, const char* id) {
  if (table == nullptr) throw Failure(Status::unsupported(std::string("the host lacks ") + id));
  return *table;
}
inline void check(int32_t code, const gardu_error& error) {
  if (code != GARDU_OK) throw Failure(Status::read_from(code, error));
}

}  // namespace gardu::detail
