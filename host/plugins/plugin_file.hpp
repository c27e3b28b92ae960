// SPDX-License-Identifier: Apache-2.0
//
// What a plugin's file says of itself, read from its ELF sections without loading it, so that
// nothing of the plugin runs. The file is untrusted: every offset is checked against its size.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gardu/abi/abi.h>
#include <gardu/result.hpp>

namespace gardu::host {

struct PluginFile {
  std::filesystem::path path;
  gardu_manifest manifest{};  // texts are terminated
  std::string schema;         // JSON Schema of the settings; empty: none was given
  std::string sha256;         // of the whole file, hex

  std::string_view id() const { return manifest.id; }
  std::string_view version() const { return manifest.version; }
  bool has_role(gardu_role role) const { return (manifest.roles & role) != 0; }
};

// Reads the file; the status names what is wrong with it. At most 256 MiB.
Result<PluginFile> read_plugin_file(const std::filesystem::path& path);

// The same from bytes in memory (`path` is only for the texts).
Result<PluginFile> parse_plugin_file(const std::filesystem::path& path, std::string_view bytes);

// What of the host a plugin is held against.
struct HostOffer {
  std::uint16_t abi_major = GARDU_ABI_MAJOR;
  std::uint16_t abi_minor = GARDU_ABI_MINOR;
  std::vector<std::string_view> services;  // extension ids
};

// Fine, or why this host cannot take the plugin: both sides and the remedy.
Status check_compatible(const PluginFile& file, const HostOffer& host);

}  // namespace gardu::host
