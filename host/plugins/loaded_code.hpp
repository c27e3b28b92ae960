// SPDX-License-Identifier: Apache-2.0
//
// A plugin whose library is mapped into this process, with the second barrier: what a plugin
// without the C++ layer throws becomes a status here.
#pragma once
#include "plugins/plugin_code.hpp"

namespace gardu::host {

class LoadedCode final : public PluginCode {
 public:
  // `host` outlives the plugin's stop. `roles`: of its manifest.
  LoadedCode(gardu_plugin_create_fn create, const gardu_host& host, std::uint32_t roles)
      : create_(create), host_(host), roles_(roles) {}
  ~LoadedCode() override { (void)stop({}); }

  Status start(const std::string& settings) override;
  Status stop(const std::function<void()>& settle) override;
  Status on_events(std::span<const EventRef> events, std::span<std::int32_t> results,
                   std::string& why) override;
  // The same from views alone.
  Status on_views(std::span<const gardu_event* const> events, std::span<std::int32_t> results,
                  std::string& why);
  const gardu_transport_info* transport() const override {
    return transport_ != nullptr ? &info_ : nullptr;
  }
  Status connect(const Account& account) override;
  Status disconnect(std::string_view account_id) override;
  void send(const OutboundMessage& message, SendDone done) override;
  void send_view(const gardu_outbound& out, SendDone done);
  void act(const ActionRequest& action, ActionDone done) override;

 private:
  Status run(const std::string& settings);
  void find_transport();

  const gardu_plugin_create_fn create_;
  const gardu_host& host_;
  const std::uint32_t roles_;
  gardu_plugin plugin_{};  // empty: not created
  const gardu_transport* transport_ = nullptr;
  gardu_transport_info info_{};
};

}  // namespace gardu::host
