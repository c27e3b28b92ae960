// SPDX-License-Identifier: Apache-2.0
//
// GARDU_PLUGIN: the manifest that it writes, as the host reads it, and the function beside it.
#include <gtest/gtest.h>

#include <cstring>
#include <gardu/plugin.hpp>
#include <gardu/testing/fake_host.hpp>

namespace gardu::sdk_test {
namespace {

class Small final : public Plugin {
 public:
  using Plugin::Plugin;
};

class Carrier final : public Plugin, public Transport {
 public:
  using Plugin::Plugin;
  gardu_transport_info describe() const override { return {}; }
  Status connect(const Account&) override { return {}; }
  Status disconnect(std::string_view) override { return {}; }
  void send(const Outbound&, SendCompletion) override {}
};

}  // namespace
}  // namespace gardu::sdk_test

GARDU_PLUGIN(gardu::sdk_test::Small,
             {.id = "small",
              .version = "1.2.3",
              .name = "Small",
              .license = "MIT",
              .subscribes = gardu::events::message_received | gardu::events::message_sent,
              .delivery = gardu::Delivery::durable,
              .max_batch = 5,
              .host_min_minor = 0})

namespace gardu::sdk_test {
namespace {

TEST(Manifest, SaysWhatTheMacroWasTold) {
  const gardu_manifest& m = gardu_plugin_manifest;
  EXPECT_EQ(std::memcmp(m.magic, GARDU_MANIFEST_MAGIC, 8), 0);
  EXPECT_EQ(m.size, sizeof m);
  EXPECT_EQ(m.abi_major, GARDU_ABI_MAJOR);
  EXPECT_EQ(m.abi_minor, GARDU_ABI_MINOR);
  EXPECT_EQ(m.roles, GARDU_ROLE_SUBSCRIBER);
  EXPECT_EQ(m.delivery, GARDU_DELIVERY_DURABLE);
  EXPECT_EQ(m.subscribes, 6U);
  EXPECT_EQ(m.max_batch, 5U);
  EXPECT_STREQ(m.id, "small");
  EXPECT_STREQ(m.version, "1.2.3");
  EXPECT_STREQ(m.name, "Small");
  EXPECT_STREQ(m.license, "MIT");
  EXPECT_STREQ(m.needs, GARDU_EXT_LOG);
  EXPECT_NE(std::strlen(m.toolchain), 0U);
}

TEST(Manifest, RolesComeFromTheClass) {
  constexpr gardu_manifest kCarrier = detail::make_manifest<Carrier>(
      {.id = "carrier", .version = "1", .name = "", .license = "", .roles = GARDU_ROLE_HTTP});
  EXPECT_EQ(kCarrier.roles, GARDU_ROLE_TRANSPORT | GARDU_ROLE_HTTP);
  EXPECT_EQ(kCarrier.delivery, GARDU_DELIVERY_LIVE);
}

TEST(Manifest, TheFunctionBesideItMakesThePlugin) {
  testing::FakeHost host;
  gardu_plugin plugin{};
  plugin.size = sizeof plugin;
  gardu_error error = Status::record();
  const gardu_plugin_create_fn create = &gardu_plugin_create_v1;
  ASSERT_EQ(create(&host.table(), &plugin, &error), GARDU_OK);
  ASSERT_NE(plugin.self, nullptr);
  EXPECT_NE(plugin.on_events, nullptr);
  EXPECT_EQ(plugin.extension(plugin.self, GARDU_EXT_TRANSPORT), nullptr);
  EXPECT_EQ(plugin.start(plugin.self, str("{}"), &error), GARDU_OK);
  EXPECT_EQ(plugin.stop(plugin.self, &error), GARDU_OK);
  plugin.destroy(plugin.self);
}

}  // namespace
}  // namespace gardu::sdk_test
