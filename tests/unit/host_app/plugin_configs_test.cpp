// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_configs.hpp"

#include <gtest/gtest.h>

namespace gardu::host {
namespace {

TEST(PluginConfigs, TheUrlsOfAConfigurationMayBeCalled) {
  Settings::Plugin plugin;
  plugin.settings = R"({
    "graph_url": "http://LOCALHOST:8088/base", "secret": "http no url", "port": 8080,
    "targets": [{"url": "https://10.0.0.7/hook?x=1"}, {"url": "http://[::1]:9/"}]})";
  const PluginConfig config = plugin_config(plugin);
  EXPECT_FALSE(config.outside.private_addresses);
  EXPECT_EQ(
      config.outside.origins,
      (std::set<std::string>{"http://localhost:8088", "https://10.0.0.7:443", "http://[::1]:9"}));
}

}  // namespace
}  // namespace gardu::host
