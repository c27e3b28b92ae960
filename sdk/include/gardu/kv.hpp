// SPDX-License-Identifier: Apache-2.0
//
// Small values by key; limits and joining of transactions are in abi/ext/kv.h.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "abi/ext/kv.h"
#include "detail/callbacks.hpp"

namespace gardu {

// [any-thread & started], a cheap value. Everything blocks and throws Failure.
class Kv {
 public:
  // Throws Failure with GARDU_UNSUPPORTED where there is no gardu.kv/1. The host must outlive it.
  explicit Kv(const gardu_host& host)
      : context_(host.context),
        table_(detail::need(detail::find<gardu_host_kv>(host, GARDU_EXT_KV), GARDU_EXT_KV)) {}

  // Nothing: there is none, or it has expired.
  std::optional<std::string> get(std::string_view key) const {
    std::optional<std::string> out;
    gardu_error error = Status::record();
    const int32_t code = table_.get(
        context_, str(key),
        [](void* user, gardu_str, gardu_str value) noexcept -> int32_t {
          *static_cast<std::optional<std::string>*>(user) = std::string(view(value));
          return 1;
        },
        &out, &error);
    if (code != GARDU_NOT_FOUND) detail::check(code, error);
    return out;
  }
  // `ttl` 0: kept until it is erased.
  void put(std::string_view key, std::string_view value, Micros ttl = Micros{0}) const {
    gardu_error error = Status::record();
    detail::check(table_.put(context_, str(key), str(value), ttl.count(), &error), error);
  }
  // Only if the present value is `expected` (nothing: only if there is none). False: it was not.
  bool compare_and_put(std::string_view key, std::optional<std::string_view> expected,
                       std::string_view value, Micros ttl = Micros{0}) const {
    const gardu_str old = expected ? str(*expected) : gardu_str{};
    gardu_error error = Status::record();
    const int32_t code = table_.compare_and_put(context_, str(key), expected ? &old : nullptr,
                                                str(value), ttl.count(), &error);
    if (code == GARDU_REJECTED) return false;
    detail::check(code, error);
    return true;
  }
  // Fine also when there was none.
  void erase(std::string_view key) const {
    gardu_error error = Status::record();
    detail::check(table_.erase(context_, str(key), &error), error);
  }
  // The entries whose key begins with `prefix`, after the key `after`: f(key, value); false stops.
  template <class F>
  void scan(std::string_view prefix, std::string_view after, uint32_t limit, F&& f) const {
    using Each = detail::Visitor<std::remove_reference_t<F>>;
    Each each(f);
    gardu_error error = Status::record();
    const int32_t code = table_.scan(
        context_, str(prefix), str(after), limit,
        [](void* user, gardu_str key, gardu_str value) noexcept {
          return (*static_cast<Each*>(user))(view(key), view(value));
        },
        &each, &error);
    each.rethrow();
    detail::check(code, error);
  }

 private:
  void* context_;
  const gardu_host_kv& table_;
};

}  // namespace gardu
