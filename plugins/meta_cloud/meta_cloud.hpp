// SPDX-License-Identifier: Apache-2.0
//
// The plugin: Meta's WhatsApp Cloud API as a transport. Webhooks come in through the gateway's own
// HTTP server, sends and actions go out through its HTTP client.
// Threads: the plugin's; ends of requests and publications on any one when the plugin stops.
#pragma once
#include <atomic>
#include <chrono>
#include <gardu/plugin.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "accounts.hpp"
#include "graph.hpp"
#include "sender.hpp"
#include "webhook.hpp"

namespace gardu::meta_cloud {

// Defaults of the settings of these names: 1,000 sends a second at 200 ms an answer, and what a
// number has at Meta before it is upgraded.
inline constexpr uint32_t kMaxInFlight = 256;
inline constexpr uint32_t kMaxPerSecond = 80;
inline constexpr int64_t kUnknownNumberRetry =
    10;  // seconds; hosts look for new accounts more often

class MetaCloud final : public Plugin, public Transport {
 public:
  explicit MetaCloud(const gardu_host& host);
  ~MetaCloud() override;

  Status start(std::string_view settings) override;
  void stop() override;

  gardu_transport_info describe() const override;
  Status connect(const Account& account) override;
  Status disconnect(std::string_view account_id) override;
  void send(const Outbound& outbound, SendCompletion completion) override;
  void act(const Action& action, ActionCompletion completion) override;

 private:
  struct Settings {
    std::string app_secret, verify_token;
    Graph graph;
  };
  // What completions of the host's may still reach after stop: nothing then.
  class Reporter;
  struct Counters {
    Counter messages, unsupported, statuses, other, ignored, malformed, refused, unknown_numbers,
        failed, sent, send_failed, acted, action_failed;
  };

  Status read_settings(std::string_view text);
  void define_counters();
  void add_routes();
  void on_verify(const HttpRequest& request, HttpReply reply);
  void on_webhook(const HttpRequest& request, HttpReply reply);
  bool is_signed(const HttpRequest& request, std::string_view signature) const;
  void count(const Webhook& webhook);
  bool may_appear(const std::set<std::string>& numbers);
  void warn_of_unknown(const Webhook& webhook);
  void publish_webhook(const std::vector<Publication>& items, HttpReply reply);

  Settings settings_;
  std::atomic<uint32_t> max_in_flight_{kMaxInFlight}, max_per_second_{kMaxPerSecond};
  Accounts accounts_;
  Counters counters_;
  std::set<std::string> warned_numbers_, warned_fields_;
  std::chrono::seconds unknown_number_retry_{kUnknownNumberRetry};
  // Since when webhooks come for numbers that no account has.
  std::map<std::string, std::chrono::steady_clock::time_point> unknown_since_;
  std::shared_ptr<Reporter> reporter_;
  std::shared_ptr<PairStrikes> strikes_ = std::make_shared<PairStrikes>();
};

}  // namespace gardu::meta_cloud
