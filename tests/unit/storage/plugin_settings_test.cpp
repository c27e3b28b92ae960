// SPDX-License-Identifier: Apache-2.0
// A workspace's own settings of a plugin.
#include "storage/plugin_settings.hpp"

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class PluginSettingsTest : public StorageTest {
 protected:
  std::optional<std::string> get(const std::string& workspace, const std::string& plugin) {
    return read([&](Session& s) { return plugin_settings::get(s, workspace, plugin); });
  }
};

TEST_F(PluginSettingsTest, AreAWorkspacesAndAPluginsOwn) {
  add_workspace("w2");
  write([](Transaction& tx) {
    plugin_settings::set(tx, "w", "p", R"({"a":1})", 1);
    plugin_settings::set(tx, "w", "p", R"({"a":2})", 2);
    plugin_settings::set(tx, "w2", "p", "{}", 3);
  });
  EXPECT_EQ(get("w", "p"), R"({"a":2})");
  EXPECT_EQ(get("w2", "p"), "{}");
  EXPECT_FALSE(get("w", "q"));
  EXPECT_EQ(sql("select updated_at from plugin_settings where workspace_id = 'w'"), "2");
  write([](Transaction& tx) {
    EXPECT_TRUE(plugin_settings::remove(tx, "w", "p"));
    EXPECT_FALSE(plugin_settings::remove(tx, "w", "p"));
  });
  EXPECT_FALSE(get("w", "p"));
  EXPECT_TRUE(get("w2", "p"));
}

TEST_F(PluginSettingsTest, GoWithTheirWorkspaceAndNeedOne) {
  add_workspace("w2");
  write([](Transaction& tx) { plugin_settings::set(tx, "w2", "p", "{}", 1); });
  write([](Transaction& tx) { workspaces::remove(tx, "w2"); });
  EXPECT_FALSE(get("w2", "p"));
  EXPECT_THROW(write([](Transaction& tx) { plugin_settings::set(tx, "none", "p", "{}", 1); }),
               Error);
}

}  // namespace
}  // namespace gardu::storage::testing
