// SPDX-License-Identifier: Apache-2.0
// Matches method and path to a registered value. Pattern segments are literals, `{name}` (one
// segment, not empty) or a last `{name...}` (the rest, may be empty). A literal beats a parameter,
// a parameter beats a rest. HEAD falls back to GET; OPTIONS is left to the application.
// Thread-safe: readers work on a snapshot, so plugins may add and remove routes at any time.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/url.hpp"

namespace gardu::host::http {

enum class MatchStatus {
  kFound,
  kNotFound,          // 404
  kMethodNotAllowed,  // 405, `allowed` for the Allow header
  kBadPath,           // 400: a bad percent escape
};

// The untyped half; use Router<T>.
class RouteTable {
 public:
  struct Match {
    MatchStatus status = MatchStatus::kNotFound;
    std::shared_ptr<const void> value;
    std::string pattern;               // of the route found: for logs and metrics
    Pairs params;                      // percent-decoded, in the pattern's order
    std::vector<std::string> allowed;  // sorted; only with kMethodNotAllowed
  };

  RouteTable();
  ~RouteTable();
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  // The error's text, or nullopt if the route was added.
  std::optional<std::string> add(std::string_view method, std::string_view pattern,
                                 std::string_view owner, std::shared_ptr<const void> value);
  bool remove(std::string_view method, std::string_view pattern);
  std::size_t remove_owner(std::string_view owner);
  Match match(std::string_view method, std::string_view path) const;

 private:
  struct Snapshot;
  std::shared_ptr<const Snapshot> snapshot() const;

  std::mutex writers_;
  mutable std::mutex mutex_;  // guards only the pointer
  std::shared_ptr<const Snapshot> snapshot_;
};

template <class T>
struct RouteMatch {
  MatchStatus status = MatchStatus::kNotFound;
  std::shared_ptr<const T> value;  // keeps a removed route's value alive while it is in use
  std::string pattern;
  Pairs params;
  std::vector<std::string> allowed;

  // A parameter of the pattern; empty if it has none of that name.
  std::string_view param(std::string_view name) const {
    return find_pair(params, name).value_or(std::string_view());
  }
  std::string allow_header() const {
    std::string text;
    for (const auto& method : allowed) text += (text.empty() ? "" : ", ") + method;
    return text;
  }
};

template <class T>
class Router {
 public:
  // `owner` (a plugin's name) groups routes for remove_owner(). Returns the error's text: a bad
  // pattern, or a route of the same method and shape that is there already.
  [[nodiscard]] std::optional<std::string> add(std::string_view method, std::string_view pattern,
                                               T value, std::string_view owner = {}) {
    return table_.add(method, pattern, owner, std::make_shared<const T>(std::move(value)));
  }
  bool remove(std::string_view method, std::string_view pattern) {
    return table_.remove(method, pattern);
  }
  std::size_t remove_owner(std::string_view owner) { return table_.remove_owner(owner); }

  RouteMatch<T> match(std::string_view method, std::string_view path) const {
    auto found = table_.match(method, path);
    return {found.status, std::static_pointer_cast<const T>(std::move(found.value)),
            std::move(found.pattern), std::move(found.params), std::move(found.allowed)};
  }

 private:
  RouteTable table_;
};

}  // namespace gardu::host::http
