// SPDX-License-Identifier: Apache-2.0
// The whole API on a real database in a temporary directory, called as the HTTP server calls it,
// with what it answers recorded.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/api.hpp"
#include "event/event.hpp"

namespace gardu::host {

// What was written to an answer of unknown length.
class RecordedStream final : public http::Stream {
 public:
  bool write(std::string data) override;
  void close() override;
  bool open() const override;
  void on_close(std::function<void()> callback) override;

  void refuse(bool on);  // takes nothing more, as a client that does not read
  std::string text() const;
  // Blocks until the text has `what` in it, or the stream is over.
  bool wait_for(const std::string& what) const;
  bool wait_closed() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::string text_;
  bool open_ = true, refusing_ = false;
};

struct Reply {
  int status = 0;
  http::Headers headers;
  std::string body;
  std::shared_ptr<RecordedStream> stream;

  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
  std::string header(std::string_view name) const { return std::string(headers.get(name)); }
  // The fields that a 422 names.
  std::vector<std::string> fields() const;
};

class Host {
 public:
  explicit Host(ApiLimits limits = {});
  ~Host();

  // As the server does it: the head's decision, then the request, then the wait for the answer.
  Reply call(const std::string& method, const std::string& target, const std::string& token,
             const std::string& body = "", http::Headers headers = {});
  Reply get(const std::string& target, const std::string& token) {
    return call("GET", target, token);
  }
  Reply post(const std::string& target, const std::string& token, const nlohmann::json& body,
             http::Headers headers = {}) {
    return call("POST", target, token, body.dump(), std::move(headers));
  }
  Reply patch(const std::string& target, const std::string& token, const nlohmann::json& body) {
    return call("PATCH", target, token, body.dump());
  }
  Reply remove(const std::string& target, const std::string& token) {
    return call("DELETE", target, token);
  }

  std::string workspace(const std::string& name);
  std::string token(const std::string& workspace, const std::string& role,
                    const nlohmann::json& scopes = nullptr,
                    const nlohmann::json& accounts = nullptr,
                    std::optional<std::int64_t> expires_at = {});
  std::string platform_token();
  std::string account(const std::string& workspace, const std::string& address = "+6281100000001");
  std::string contact(const std::string& workspace, const std::string& account,
                      const std::string& phone);
  std::string inbound(const std::string& workspace, const std::string& contact,
                      const std::string& text);
  void write(const storage::Writer::Work& work) { database.writer().run(work); }

  // A context of the same parts, for what is tested without the API around it.
  ApiContext context(ApiLimits limits = {});

  std::filesystem::path dir;
  storage::Database database;
  EventFeed feed;
  Metrics metrics;
  TokenService tokens;
  std::atomic<bool> draining{false};
  std::vector<std::string> changed;  // accounts that were told of; one call at a time
  int outbox_changes = 0;            // the same
  // What transports were asked for, and what they answer: at once, with this.
  std::vector<std::pair<storage::Account, ActionRequest>> asked;
  Status begun, action_answer;
  std::string action_data, qr;
  std::vector<storage::JournalEntry> raised;
  std::vector<PluginView> plugins;
  std::vector<std::string> restarted;  // what was asked of them
  Status control_answer;
  std::unique_ptr<Api> api;
};

// A workspace with a token of each role, an account, a contact and an inbound message.
struct Tenant {
  Tenant(Host& host, const std::string& name);
  std::string workspace, viewer, agent, admin, owner, account, contact, message;
};

}  // namespace gardu::host
