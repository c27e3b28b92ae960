// SPDX-License-Identifier: Apache-2.0
//
// The plugin: Meta's WhatsApp Cloud API as a transport. Webhooks come in through the gateway's own
// HTTP server, sends go out on the plugin's threads.
// Threads: hooks and routes on the plugin's thread; completions on the client's and the host's.
#pragma once
#include <atomic>
#include <gardu/plugin.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "accounts.hpp"
#include "http_client.hpp"
#include "sender.hpp"
#include "webhook.hpp"

namespace gardu::meta_cloud {

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

 private:
  struct Settings {
    std::string app_secret, verify_token, version;
    Url graph;
    std::chrono::seconds timeout{30};
    unsigned threads = 1;
  };
  // What completions of the host's may still reach after stop: nothing then.
  class Reporter;
  struct Counters {
    Counter messages, unsupported, statuses, other, ignored, malformed, refused, unknown_numbers,
        failed, sent, send_failed;
  };

  Status read_settings(std::string_view text);
  void define_counters();
  void add_routes();
  void on_verify(const HttpRequest& request, HttpReply reply);
  void on_webhook(const HttpRequest& request, HttpReply reply);
  bool is_signed(const HttpRequest& request, std::string_view signature) const;
  void count(const Webhook& webhook);
  void warn_of_unknown(const Webhook& webhook);
  void publish_webhook(const std::vector<Publication>& items, HttpReply reply);

  Settings settings_;
  std::atomic<uint32_t> max_in_flight_{64};
  Accounts accounts_;
  Counters counters_;
  std::set<std::string> warned_numbers_, warned_fields_;
  std::shared_ptr<Reporter> reporter_;
  std::shared_ptr<PairStrikes> strikes_ = std::make_shared<PairStrikes>();
  std::unique_ptr<HttpClient> client_;
};

}  // namespace gardu::meta_cloud
