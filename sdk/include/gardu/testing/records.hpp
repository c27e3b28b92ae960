// SPDX-License-Identifier: Apache-2.0
//
// What a FakeHost wrote down, and what it is told to answer: plain values that own their texts.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../abi/ext/directory.h"
#include "../abi/ext/log.h"
#include "../event.hpp"
#include "../http.hpp"
#include "../http_client.hpp"
#include "../media.hpp"
#include "../publication.hpp"
#include "../result.hpp"

namespace gardu::testing {

// A copy of what was recorded so far. Of a temporary its elements come as values, so that
// `const auto& first = host.sent().at(0);` is safe.
template <class T>
class Records : public std::vector<T> {
 public:
  using Base = std::vector<T>;
  using Base::Base;
  Records() = default;
  Records(Base items) : Base(std::move(items)) {}
  const T& at(size_t i) const& { return Base::at(i); }
  T at(size_t i) && { return std::move(Base::at(i)); }
  const T& operator[](size_t i) const& { return Base::at(i); }  // throws, in a test
  T operator[](size_t i) && { return std::move(Base::at(i)); }
  const T& front() const& { return Base::at(0); }
  T front() && { return std::move(Base::at(0)); }
  const T& back() const& { return Base::at(this->size() - 1); }
  T back() && { return std::move(Base::at(this->size() - 1)); }
};

struct LogLine {
  int32_t level = GARDU_LOG_INFO;  // gardu_log_level
  std::string text;
};

// A message that the plugin sent; `id` is what the host gave it.
struct Sent : OutgoingMessage {
  std::string id;
};

struct MountedRoute {
  std::string method, pattern;
  uint32_t auth = GARDU_AUTH_NONE;  // gardu_route_auth
  uint64_t body_limit = 0;
  int64_t deadline = 0;
  // As the plugin gave them; Harness::request calls them as the gateway does.
  void (*handle)(void*, const gardu_http_request*, const gardu_http_reply*) = nullptr;
  void* user = nullptr;
};

// A bound parameter or a row's cell, owned.
using Cell = std::variant<std::nullptr_t, int64_t, double, std::string>;
using Cells = std::vector<Cell>;

// A step of the plugin's SQL, in order.
struct SqlStep {
  enum class Kind { migrate, execute, begin, commit, rollback };
  Kind kind = Kind::execute;
  std::string sql;   // of migrate and execute
  Cells parameters;  // of execute
  bool operator==(const SqlStep&) const = default;
};

// What a statement answers. The default: no rows, one row changed.
struct SqlAnswer {
  std::vector<Cells> rows = {};
  int64_t affected = 1;
  Status status = {};
};

// What an HTTP call of the plugin is answered.
struct FakeAnswer {
  int status = 200;
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  gardu_http_progress progress = GARDU_HTTP_ANSWERED;
  std::string error = {};  // when it was not answered
};

struct MediaFile : MediaInfo {
  std::string content;
};

// A record of the directory; `json` is what the plugin sees, the others are what finds it.
struct DirectoryRecord {
  gardu_record_kind kind = GARDU_RECORD_CONTACT;
  std::string workspace_id, id, json = "{}", account_id = {};
  std::vector<std::string> identities = {}, labels = {};
  std::string text = {};  // name and number, as `text` of a query looks for them
};

struct ContactPatch {
  std::string workspace_id, contact_id, patch;
};

}  // namespace gardu::testing
