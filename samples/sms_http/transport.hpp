// SPDX-License-Identifier: Apache-2.0
//
// Short messages through a provider with an HTTP API. Sends are posted to it; what it has to tell
// comes in at POST /webhooks/sms_http, signed. Everything here runs on the plugin's thread.
#pragma once
#include <gardu/plugin.hpp>
#include <map>
#include <string>
#include <string_view>

namespace sms_http {

class SmsHttp final : public gardu::Plugin, public gardu::Transport {
 public:
  using gardu::Plugin::Plugin;
  gardu::Status start(std::string_view settings) override;
  void stop() override;

  gardu_transport_info describe() const override;
  gardu::Status connect(const gardu::Account& account) override;
  gardu::Status disconnect(std::string_view account_id) override;
  void send(const gardu::Outbound& outbound, gardu::SendCompletion completion) override;
  void act(const gardu::Action& action, gardu::ActionCompletion completion) override;

 private:
  struct Connected {
    std::string address, api_key, webhook_secret;
  };
  void webhook(const gardu::HttpRequest& request, gardu::HttpReply reply);

  std::string api_url_;
  std::map<std::string, Connected, std::less<>> accounts_;  // by id
};

}  // namespace sms_http
