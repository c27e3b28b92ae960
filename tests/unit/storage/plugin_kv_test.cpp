// SPDX-License-Identifier: Apache-2.0
// Plugins' values by key: any bytes, the order of the keys, expiry, compare and put.
#include "storage/plugin_kv.hpp"

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class PluginKvTest : public StorageTest {
 protected:
  void put(const std::string& key, const std::string& value,
           const std::optional<std::int64_t>& expires_at = {}, const std::string& plugin = "p") {
    write([&](Transaction& tx) { plugin_kv::put(tx, plugin, key, value, expires_at, 1); });
  }
  std::optional<std::string> get(const std::string& key, std::int64_t now = 1) {
    return read([&](Session& s) { return plugin_kv::get(s, "p", key, now); });
  }
  // The keys.
  std::vector<std::string> scan(const std::string& prefix, const std::string& after = {},
                                int limit = 0, std::int64_t now = 1) {
    std::vector<std::string> out;
    for (const auto& [key, value] :
         read([&](Session& s) { return plugin_kv::scan(s, "p", prefix, after, limit, now); }))
      out.push_back(key);
    return out;
  }
  bool compare_and_put(const std::optional<std::string>& expected, const std::string& value,
                       std::int64_t now = 1) {
    bool out = false;
    write([&](Transaction& tx) {
      out = plugin_kv::compare_and_put(tx, "p", "k", expected, value, std::nullopt, now);
    });
    return out;
  }
};

using Keys = std::vector<std::string>;

TEST_F(PluginKvTest, KeepsAnyBytes) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t length : {0U, 1U, 2U, 3U, 4U, 5U, 256U}) {
    const std::string value = all.substr(0, length);
    put("k", value);
    EXPECT_EQ(get("k"), value) << length;
    const std::string back(value.rbegin(), value.rend());
    put("k", back);
    EXPECT_EQ(get("k"), back) << length;
  }
}

TEST_F(PluginKvTest, IsEachPluginsOwn) {
  put("k", "mine");
  put("k", "theirs", {}, "q");
  EXPECT_EQ(get("k"), "mine");
  write([](Transaction& tx) {
    EXPECT_TRUE(plugin_kv::erase(tx, "q", "k"));
    EXPECT_FALSE(plugin_kv::erase(tx, "q", "k"));
  });
  EXPECT_EQ(get("k"), "mine");
  EXPECT_FALSE(get("K"));
}

TEST_F(PluginKvTest, RefusesWhatIsTooLongOrNoText) {
  put(std::string(200, 'k'), std::string(plugin_kv::kMaxValue, 'v'));
  const auto refused = [&](const std::string& key, const std::string& value) {
    try {
      put(key, value);
    } catch (const Error& e) {
      return e.kind() == ErrorKind::invalid;
    }
    return false;
  };
  EXPECT_TRUE(refused("", "v"));
  EXPECT_TRUE(refused(std::string(201, 'k'), "v"));
  EXPECT_TRUE(refused("k", std::string(plugin_kv::kMaxValue + 1, 'v')));
  EXPECT_TRUE(refused(std::string("k\0", 2), "v"));
  for (const char* bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    EXPECT_TRUE(refused(bad, "v")) << bad;
  EXPECT_FALSE(get("none"));
}

TEST_F(PluginKvTest, IsInTheOrderOfTheBytes) {
  const Keys ordered{
      "A", "B", "Z", "a", "a%", "a_", "ab", "b", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
  for (auto i = ordered.rbegin(); i != ordered.rend(); ++i) put(*i, "v");
  EXPECT_EQ(scan(""), ordered);
  EXPECT_EQ(scan("", "Z", 2), (Keys{"a", "a%"}));
  EXPECT_EQ(scan("a"), (Keys{"a", "a%", "a_", "ab"}));
  EXPECT_EQ(scan("a", "a"), (Keys{"a%", "a_", "ab"}));
  EXPECT_EQ(scan("a%"), Keys{"a%"});
  EXPECT_EQ(scan("a", "0"), (Keys{"a", "a%", "a_", "ab"}));
  EXPECT_EQ(scan("a", "b"), Keys{});
}

TEST_F(PluginKvTest, APrefixMayEndWithTheGreatestCharacterOrByte) {
  const std::string greatest = "\xf4\x8f\xbf\xbf";
  put("x", "v");
  put("x" + greatest, "v");
  put("x" + greatest + greatest + "z", "v");
  put("y", "v");
  EXPECT_EQ(scan("x"), (Keys{"x", "x" + greatest, "x" + greatest + greatest + "z"}));
  EXPECT_EQ(scan("x" + greatest), (Keys{"x" + greatest, "x" + greatest + greatest + "z"}));
  EXPECT_EQ(scan("x\xff"), Keys{});
  EXPECT_EQ(scan("\xff\xff"), Keys{});
  put("\xc3\xa9", "v");
  EXPECT_EQ(scan("\xc3"), Keys{"\xc3\xa9"});  // a part of a character
}

TEST_F(PluginKvTest, GoesWhenItsTimeIsOver) {
  put("k", "v", 10);
  put("l", "v");
  put("m", "v", 20);
  EXPECT_EQ(get("k", 9), "v");
  EXPECT_FALSE(get("k", 10));
  EXPECT_EQ(scan("", "", 0, 10), (Keys{"l", "m"}));
  put("k", "again", 30);
  EXPECT_EQ(get("k", 10), "again");
  put("k", "for ever");
  EXPECT_EQ(get("k", std::int64_t{1} << 60), "for ever");
  const auto purge = [&](std::int64_t now, int limit) {
    int count = 0;
    write([&](Transaction& tx) { count = plugin_kv::purge(tx, now, limit); });
    return count;
  };
  put("n", "v", 5);
  EXPECT_EQ(purge(4, 10), 0);
  EXPECT_EQ(purge(20, 1), 1);
  EXPECT_EQ(purge(20, 10), 1);
  EXPECT_EQ(sql("select count(*) from plugin_kv"), "2");
}

TEST_F(PluginKvTest, ComparesBeforeItPuts) {
  EXPECT_FALSE(compare_and_put("v", "w"));
  EXPECT_TRUE(compare_and_put(std::nullopt, "v"));
  EXPECT_FALSE(compare_and_put(std::nullopt, "w"));
  EXPECT_FALSE(compare_and_put("V", "w"));
  EXPECT_TRUE(compare_and_put("v", "w"));
  EXPECT_EQ(get("k"), "w");
  put("k", "short", 10);
  EXPECT_FALSE(compare_and_put("short", "x", 10));
  EXPECT_TRUE(compare_and_put(std::nullopt, "x", 10));
  EXPECT_EQ(get("k", 10), "x");
}

TEST_F(PluginKvTest, AScanHasAtMostAThousand) {
  write([](Transaction& tx) {
    for (int i = 0; i < 1001; ++i)
      plugin_kv::put(tx, "p", "k" + std::to_string(i), "v", std::nullopt, 1);
  });
  EXPECT_EQ(scan("").size(), 1000U);
  EXPECT_EQ(scan("", "", 2000).size(), 1000U);
  EXPECT_EQ(scan("", "", 7).size(), 7U);
}

}  // namespace
}  // namespace gardu::storage::testing
