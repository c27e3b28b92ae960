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
  // What holds the elements.
  using Base = std::vector<T>;
  using Base::Base;
  Records() = default;
  // Takes the elements over.
  Records(Base items) : Base(std::move(items)) {}
  // The element at `i`; throws std::out_of_range when there is none.
  const T& at(size_t i) const& { return Base::at(i); }
  // Likewise, as a value.
  T at(size_t i) && { return std::move(Base::at(i)); }
  const T& operator[](size_t i) const& { return Base::at(i); }  // throws, in a test
  // Likewise, as a value.
  T operator[](size_t i) && { return std::move(Base::at(i)); }
  // The first; throws std::out_of_range when there is none.
  const T& front() const& { return Base::at(0); }
  // Likewise, as a value.
  T front() && { return std::move(Base::at(0)); }
  // The last; throws std::out_of_range when there is none.
  const T& back() const& { return Base::at(this->size() - 1); }
  // Likewise, as a value.
  T back() && { return std::move(Base::at(this->size() - 1)); }
};

// A line that the plugin logged.
struct LogLine {
  int32_t level = GARDU_LOG_INFO;  // gardu_log_level
  // As the plugin gave it.
  std::string text;
};

// A message that the plugin sent; `id` is what the host gave it.
struct Sent : OutgoingMessage {
  // A UUID.
  std::string id;
};

// A route of the plugin.
struct MountedRoute {
  std::string method,               /* "GET", … */
      pattern;                      /* "/api/v1/x/{id}" */
  uint32_t auth = GARDU_AUTH_NONE;  // gardu_route_auth
  // Bytes; 0: the host's default.
  uint64_t body_limit = 0;
  // Microseconds; 0: the host's default.
  int64_t deadline = 0;
  // As the plugin gave them; Harness::request calls them as the gateway does.
  void (*handle)(void*, const gardu_http_request*, const gardu_http_reply*) = nullptr;
  // The first argument of `handle`.
  void* user = nullptr;
};

// A bound parameter or a row's cell, owned.
using Cell = std::variant<std::nullptr_t, int64_t, double, std::string>;
// The parameters of a statement, or a row.
using Cells = std::vector<Cell>;

// A step of the plugin's SQL, in order.
struct SqlStep {
  // What was done: a migration, a statement, or the begin or end of a transaction.
  enum class Kind { migrate, execute, begin, commit, rollback };
  // What was done.
  Kind kind = Kind::execute;
  std::string sql;   // of migrate and execute
  Cells parameters;  // of execute
  // All members are equal.
  bool operator==(const SqlStep&) const = default;
};

// What a statement answers. The default: no rows, one row changed.
struct SqlAnswer {
  // What the statement reads.
  std::vector<Cells> rows = {};
  // How many rows it changed.
  int64_t affected = 1;
  // Not fine: the statement fails with it.
  Status status = {};
};

// What an HTTP call of the plugin is answered.
struct FakeAnswer {
  // The HTTP status.
  int status = 200;
  // The answer's body.
  std::string body = {};
  // Names with their values.
  std::vector<std::pair<std::string, std::string>> headers = {};
  // How far the call came.
  gardu_http_progress progress = GARDU_HTTP_ANSWERED;
  std::string error = {};  // when it was not answered
};

// A file of the media store.
struct MediaFile : MediaInfo {
  // Its bytes.
  std::string content;
};

// A record of the directory; `json` is what the plugin sees, the others are what finds it.
struct DirectoryRecord {
  // What it is a record of.
  gardu_record_kind kind = GARDU_RECORD_CONTACT;
  std::string workspace_id,                 /* whose it is */
      id,                                   /* its id */
      json = "{}",                          /* JSON object */
      account_id = {};                      /* of a contact: its account */
  std::vector<std::string> identities = {}, /* phones, LIDs and group ids of a contact */
      labels = {};                          /* the labels that a contact has */
  std::string text = {};                    // name and number, as `text` of a query looks for them
};

// A change of a contact that the plugin asked for.
struct ContactPatch {
  std::string workspace_id, /* whose it is */
      contact_id,           /* which contact */
      patch;                /* JSON object, as the plugin gave it */
};

}  // namespace gardu::testing
