// SPDX-License-Identifier: Apache-2.0
//
// What a REST handler works with: the call, the parts of the host, and the errors that it may
// throw. Handlers run on the workers' threads and may block on the database.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <gardu/result.hpp>

#include "auth/rates.hpp"
#include "auth/token_service.hpp"
#include "http/message.hpp"
#include "http/url.hpp"
#include "journal/feed.hpp"
#include "log/log.hpp"
#include "metrics/metrics.hpp"
#include "outbox/accept.hpp"
#include "plugins/plugin_code.hpp"
#include "storage/accounts.hpp"
#include "storage/database.hpp"

namespace gardu::host {

struct PluginView {
  std::string id, name, version, state, reason, abi, last_error, isolation;
  std::vector<std::string> roles;
  bool enabled = true;
  std::int64_t mailbox = 0, lag = 0, events = 0, errors = 0, restarts = 0, dropped = 0, refused = 0;
};

struct ApiLimits {
  int requests_per_minute = 600, sends_per_second = 30, sends_per_day = 100'000;
  std::uint64_t max_body = 16U << 20U;
  std::vector<std::string> cors_origins;
};

struct ReadyPart {
  std::string name;
  bool ready = true;
  std::string detail;
};

// What may be done to plugins. They block.
struct PluginControl {
  std::function<gardu::Status(const std::string& id)> restart;
  std::function<gardu::Status(const std::string& id, bool on)> enable;
  // What is wrong with a workspace's settings, merged over the configured ones.
  std::function<std::vector<FieldError>(const std::string& id, const std::string& settings)>
      check_settings;
  std::function<void(const std::string& id)> replayed;  // its backlog was changed
  // Shows a durable subscriber everything after `seq` again.
  std::function<gardu::Status(const std::string& id, std::int64_t seq)> replay_after;
};

// What transports do for accounts.
struct TransportControl {
  // Begins it. Fine: `done` comes once, from any thread. Else it does not come, and the status says
  // why: unsupported, not connected (no such transport is running), full.
  std::function<gardu::Status(const storage::Account&, ActionRequest, PluginCode::ActionDone done)>
      act;
  std::function<void(const std::string& account_id)> account_changed;
  std::function<void()> outbox_changed;  // something may be due, or may not any more
  std::function<bool(const std::string& transport)> running;
  // The data of the account's last account.qr, as JSON; empty: none that has not expired.
  std::function<std::string(const std::string& account_id)> qr;
  // Ephemeral events of the API's own: somebody types.
  std::function<void(storage::JournalEntry)> raise;
};

// The parts of the host that the API speaks to. All may be used from any thread, and outlive it.
struct ApiContext {
  storage::Database& database;
  EventFeed& feed;
  Metrics& metrics;
  TokenService& tokens;
  Logger log;
  ApiLimits limits;
  std::function<std::string(const std::string& account_id, std::string_view json)> seal;
  std::string sealing_key_id;
  TransportControl transports;
  std::function<std::vector<PluginView>()> plugins;
  PluginControl control;
  std::function<std::vector<ReadyPart>()> readiness;
  std::function<bool()> draining;
};

// Ends a call with a problem document.
class ApiError : public std::runtime_error {
 public:
  ApiError(int status, const std::string& detail) : std::runtime_error(detail), status_(status) {}
  static ApiError fields(std::vector<FieldError> errors);  // 422
  static ApiError not_found() { return {404, "There is no such thing here."}; }
  int status() const { return status_; }
  const std::vector<FieldError>& field_errors() const { return fields_; }
  ApiError&& retry_after(int seconds) && {
    retry_after_ = seconds;
    return std::move(*this);
  }
  int retry_after() const { return retry_after_; }

 private:
  int status_;
  int retry_after_ = 0;
  std::vector<FieldError> fields_;
};

http::Response problem_of(const ApiError& e, const std::string& request_id);
http::Response json_response(int status, const nlohmann::json& body);
http::Response text_response(int status, std::string json);  // that is JSON already
std::string json_text(const nlohmann::json& value);          // what is no UTF-8 in it, replaced

struct Call {
  ApiContext& api;
  Rates& rates;
  const http::Request& request;
  const http::Pairs& params;
  const Principal& principal;
  std::string pattern;

  std::string param(std::string_view name) const;  // of the path
  std::string id() const;                          // {id}; 404 unless it may be one
  // Of the client's own connection, which is not told of what it does itself, from X-Socket-ID.
  // Empty: it has none, or what it says is none.
  std::string socket_id() const;
  const std::string& workspace() const { return principal.workspace_id; }
  // 415 unless JSON, 400 unless it parses and names each member once, 422 unless an object of
  // storable text.
  nlohmann::json body() const;
  // The same, but none at all counts as an empty object.
  nlohmann::json optional_body() const;
};

// How a call is answered that waits for somebody else: `work` runs on one of the API's threads, and
// what it returns or throws is the answer. From any thread, once; never: the answer is a 500.
using AnswerLater = std::function<void(std::function<http::Response()> work)>;

// The query of a call, checked: 422 for what is malformed.
class Query {
 public:
  explicit Query(const Call& call);
  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<bool> flag(std::string_view name) const;
  std::optional<std::int64_t> time(std::string_view name) const;  // RFC 3339 → milliseconds
  int limit() const;                                              // 1–200, default 50
  std::optional<std::int64_t> seq(std::string_view name) const;   // not negative
  std::vector<std::string> words(std::string_view name) const;    // split at commas, at most 40
  std::optional<std::string> one_of(std::string_view name,
                                    const std::vector<std::string>& words) const;
  // What an earlier answer's next_cursor stood for: an id, a number, or a place in an order by
  // (number, id). 422 when it is none of ours.
  std::string cursor_id() const;       // empty: none
  std::int64_t cursor_number() const;  // 0: none
  std::optional<std::pair<std::int64_t, std::string>> cursor_place() const;

 private:
  std::vector<std::string> cursor(std::size_t parts) const;  // empty: none
  http::Pairs pairs_;
};
std::string make_cursor(const std::vector<std::string>& parts);
std::string make_cursor(std::int64_t at, const std::string& id);
// 200 with {"data": [...], "next_cursor": ...} of so many rows, of which one may be beyond the
// limit. `element` is row i as JSON text, empty when the caller may not see it; `cursor` is made of
// the last row that was looked at, so that pages go on behind rows that are not shown. `more`, when
// there is some, is what else stands in the object: "name":value.
http::Response page(std::size_t rows, int limit,
                    const std::function<std::string(std::size_t i)>& element,
                    const std::function<std::string(std::size_t i)>& cursor,
                    const std::string& more = {});

// Reads an object's members and collects what is wrong with them; `done` throws it.
class Fields {
 public:
  explicit Fields(const nlohmann::json& object);
  std::optional<std::string> text(const char* name, std::size_t longest, bool required = false);
  std::optional<std::int64_t> integer(const char* name, std::int64_t least, std::int64_t most);
  std::optional<bool> flag(const char* name);
  std::optional<std::int64_t> time(const char* name);
  // An object or array as JSON text.
  std::optional<std::string> object(const char* name);
  std::optional<std::string> strings(const char* name);
  std::optional<std::string> one_of(const char* name, const std::vector<std::string>& words);
  // Names the members that are none of these: a mistyped one must not be taken for absent.
  void only(const std::vector<std::string>& names);
  bool has(const char* name) const;
  bool is_null(const char* name) const;
  void wrong(const std::string& field, const std::string& message);
  void done() const;

 private:
  const nlohmann::json& object_;
  std::vector<FieldError> errors_;
};

// Runs a work that creates something, in one transaction with its Idempotency-Key (where the call
// has one): the first answer is kept for 24 hours and given again. `secret` names a member of the
// answer that is shown once and never kept.
http::Response create_once(Call& call,
                           const std::function<http::Response(storage::Transaction&)>& work,
                           const char* secret = nullptr);

}  // namespace gardu::host
