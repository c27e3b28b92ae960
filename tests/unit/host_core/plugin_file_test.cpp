// SPDX-License-Identifier: Apache-2.0
#include "plugins/plugin_file.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "plugins/host_table.hpp"

namespace gardu::host {
namespace {

std::string bytes_of(const std::string& plugin) {
  std::ifstream in(std::string(TEST_PLUGIN_DIR) + "/" + plugin + ".so", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string why(const std::string& bytes) {
  const auto file = parse_plugin_file("x.so", bytes);
  return file ? "" : file.status().message();
}

Status compatible(const std::string& plugin) {
  const auto file = parse_plugin_file("x.so", bytes_of(plugin));
  if (!file) return file.status();
  HostOffer offer;
  offer.services = offered_services();
  return check_compatible(*file, offer);
}

TEST(PluginFile, ManifestAndSchemaAreReadWithoutLoading) {
  const auto file = parse_plugin_file("x.so", bytes_of("strict_settings"));
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_EQ(file->id(), "strict_settings");
  EXPECT_EQ(file->manifest.abi_major, GARDU_ABI_MAJOR);
  EXPECT_NE(file->schema.find("greeting"), std::string::npos);
  EXPECT_EQ(file->sha256.size(), 64U);
}

TEST(PluginFile, RefusalsNameBothSidesAndTheRemedy) {
  EXPECT_TRUE(compatible("noop").ok());
  EXPECT_TRUE(compatible("plain_c").ok());
  const auto major = compatible("bad_abi_major").message();
  EXPECT_NE(major.find("SDK major 99"), std::string::npos) << major;
  EXPECT_NE(major.find("this host speaks 1."), std::string::npos) << major;
  EXPECT_NE(major.find("upgrade gardu or rebuild"), std::string::npos) << major;
  const auto minor = compatible("newer_minor").message();
  EXPECT_NE(minor.find("needs host SDK >= 1.900"), std::string::npos) << minor;
  const auto service = compatible("needs_unknown").message();
  EXPECT_NE(service.find("gardu.teleport/7"), std::string::npos) << service;
}

TEST(PluginFile, WhatIsNoPluginSaysWhy) {
  EXPECT_NE(why("").find("not an ELF file"), std::string::npos);
  EXPECT_NE(why("#!/bin/sh\necho no\n").find("not an ELF file"), std::string::npos);
  std::string other = bytes_of("noop");
  other[EI_CLASS] = ELFCLASS32;
  EXPECT_NE(why(other).find("64-bit"), std::string::npos);
  other = bytes_of("noop");
  other[offsetof(Elf64_Ehdr, e_machine)] = EM_MIPS;
  EXPECT_NE(why(other).find("another processor"), std::string::npos);
  EXPECT_EQ(read_plugin_file("/nonexistent/x.so").status().code(), GARDU_NOT_FOUND);
}

TEST(PluginFile, HeadersThatPointOutsideAreRefused) {
  const std::string good = bytes_of("noop");
  const auto with = [&](std::size_t offset, std::uint64_t value, std::size_t size) {
    std::string bad = good;
    std::memcpy(bad.data() + offset, &value, size);
    return bad;
  };
  for (const std::uint64_t at : {std::uint64_t{1} << 40, ~std::uint64_t{0}, ~std::uint64_t{0} - 63,
                                 std::uint64_t{good.size()}})
    EXPECT_NE(why(with(offsetof(Elf64_Ehdr, e_shoff), at, 8)), "") << at;
  EXPECT_NE(why(with(offsetof(Elf64_Ehdr, e_shnum), 0xFFFF, 2)), "");
  EXPECT_NE(why(with(offsetof(Elf64_Ehdr, e_shnum), 0, 2)), "");
  EXPECT_NE(why(with(offsetof(Elf64_Ehdr, e_shstrndx), 0xFFFF, 2)), "");
  EXPECT_NE(why(with(offsetof(Elf64_Ehdr, e_shentsize), 8, 2)), "");
}

// Cut anywhere, or with any few bytes changed: an answer, never a crash.
TEST(PluginFile, DamagedFilesNeverCrashTheReader) {
  const std::string good = bytes_of("noop");
  for (std::size_t n = 0; n < good.size(); n += 97) (void)why(good.substr(0, n));
  std::mt19937 random(301);
  for (int round = 0; round < 300; ++round) {
    std::string bad = good;
    for (int i = 0; i < 4; ++i) {
      // The headers at both ends are where the reader looks.
      const std::size_t span = std::min<std::size_t>(bad.size(), 4096);
      const std::size_t at = random() % span;
      bad[random() % 2 == 0 ? at : bad.size() - 1 - at] = static_cast<char>(random());
    }
    (void)why(bad);
  }
}

TEST(PluginFile, AManifestWithoutEndsIsRefused) {
  std::string bytes = bytes_of("noop");
  const auto at = bytes.find(GARDU_MANIFEST_MAGIC "\x28");
  ASSERT_NE(at, std::string::npos);
  std::string endless = bytes;
  std::memset(endless.data() + at + offsetof(gardu_manifest, id), 'a', sizeof(gardu_manifest::id));
  EXPECT_NE(why(endless).find("has no end"), std::string::npos);
  std::string odd = bytes;
  std::memcpy(odd.data() + at + offsetof(gardu_manifest, id), "../evil", 8);
  EXPECT_NE(why(odd).find("[a-z]"), std::string::npos);
  std::string small = bytes;
  small[at + offsetof(gardu_manifest, size)] = 8;
  small[at + offsetof(gardu_manifest, size) + 1] = 0;
  EXPECT_NE(why(small).find("cut short"), std::string::npos);
}

}  // namespace
}  // namespace gardu::host
