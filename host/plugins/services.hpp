// SPDX-License-Identifier: Apache-2.0
//
// What the rest of the host does for plugins. PluginInstance turns the ABI's calls into these; the
// composition root implements them. All may be called from any thread.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gardu/abi/abi.h>
#include <gardu/abi/ext/auth.h>
#include <gardu/abi/ext/http_routes.h>
#include <gardu/abi/ext/journal.h>
#include <gardu/abi/ext/publish.h>
#include <gardu/event.hpp>

#include "http/message.hpp"
#include "http/responder.hpp"
#include "http/url.hpp"
#include "journal/feed.hpp"

namespace gardu::host {

class Metrics;

// A message that a plugin wants sent, under the id that it was told.
struct PluginSend {
  std::string message_id;
  OutgoingMessage message;
  std::function<void(const Status&)> done;  // may be empty
};

// A request that was routed to a plugin, after the host's own checks.
struct RoutedRequest {
  http::Request request;
  http::Pairs params;
  std::uint32_t auth = GARDU_AUTH_NONE;  // of the caller's token
  std::string workspace_id, user_id, token_id, principal_name;
};

struct PluginRoute {
  std::string method, pattern;
  std::uint32_t auth = GARDU_AUTH_ADMIN;
  std::uint64_t body_limit = 0;                                // 0: the default
  std::int64_t deadline = 0;                                   // microseconds; 0: the default
  std::function<void(RoutedRequest, http::Responder)> handle;  // called on an HTTP thread
};

class PluginServices {
 public:
  using PublishDone =
      std::function<void(std::int32_t status, std::span<const gardu_publish_result> results)>;

  virtual ~PluginServices() = default;

  virtual void log(const std::string& plugin, std::int32_t level, std::string_view message) = 0;
  virtual bool log_enabled(std::int32_t level) = 0;

  // Never blocks. Fine: `done` is called once, later, on any thread.
  virtual Status publish(const std::string& plugin, std::span<const gardu_publication* const> items,
                         PublishDone done) = 0;
  virtual Status send(const std::string& plugin, PluginSend send) = 0;

  // A durable subscriber's batch: the messages and the cursor in one transaction. Blocks until it
  // is durable; throws when it could not be.
  virtual void commit_batch(const std::string& plugin, std::int64_t seq,
                            std::vector<PluginSend> sends) = 0;
  virtual std::optional<std::int64_t> cursor(const std::string& plugin) = 0;

  virtual EventFeed& feed() = 0;
  virtual Status read_journal(const gardu_journal_query& query,
                              const std::function<bool(const gardu_event&)>& on_event) = 0;
  virtual std::pair<std::int64_t, std::int64_t> journal_range() = 0;
  virtual bool may_follow(const gardu_principal& principal, std::string_view workspace_id,
                          std::string_view contact_id, std::string_view account_id) = 0;
  virtual Result<std::string> secret(const std::string& plugin, std::string_view name,
                                     std::uint32_t bytes) = 0;

  virtual Status add_route(const std::string& plugin, PluginRoute route) = 0;
  virtual void remove_routes(const std::string& plugin) = 0;
  virtual Metrics& metrics() = 0;

  // A plugin's state changed; for the log, the journal (plugin.status) and whoever waits.
  virtual void state_changed(const std::string& plugin, std::string_view state,
                             const std::string& reason) = 0;
};

}  // namespace gardu::host
