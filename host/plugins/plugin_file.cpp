// SPDX-License-Identifier: Apache-2.0
#include "plugins/plugin_file.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

#include "base/crypto.hpp"

namespace gardu::host {
namespace {

constexpr std::uintmax_t kMaxFile = std::uintmax_t{256} << 20U;
constexpr std::size_t kMaxSchema = std::size_t{1} << 20U;
// Up to and including `needs`: what version 1.0 wrote.
constexpr std::size_t kManifestV1Size =
    offsetof(gardu_manifest, needs) + sizeof(gardu_manifest::needs);

template <class T>
std::optional<T> read_at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return out;
}

std::optional<std::string_view> slice(std::string_view bytes, std::uint64_t offset,
                                      std::uint64_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size) return std::nullopt;
  return bytes.substr(offset, size);
}

struct Sections {
  std::optional<std::string_view> manifest, schema;
};

// Empty text: fine.
std::string find_sections(std::string_view bytes, Sections& out) {
  const auto head = read_at<Elf64_Ehdr>(bytes, 0);
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) return "it is not an ELF file";
  if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB)
    return "it is not a 64-bit little-endian ELF file";
#if defined(__x86_64__)
  constexpr int kMachine = EM_X86_64;
#elif defined(__aarch64__)
  constexpr int kMachine = EM_AARCH64;
#else
#error "name this machine's ELF number"
#endif
  if (head->e_machine != kMachine) return "it is built for another processor";
  if (head->e_type != ET_DYN) return "it is not a shared library";
  if (head->e_shentsize != sizeof(Elf64_Shdr) || head->e_shnum == 0)
    return "it has no section headers";
  const auto names_head = read_at<Elf64_Shdr>(
      bytes, head->e_shoff + std::uint64_t{head->e_shstrndx} * sizeof(Elf64_Shdr));
  if (head->e_shoff > bytes.size() || head->e_shstrndx >= head->e_shnum || !names_head)
    return "its section headers lie outside the file";
  const auto names = slice(bytes, names_head->sh_offset, names_head->sh_size);
  if (!names) return "its section names lie outside the file";
  for (std::uint64_t i = 0; i < head->e_shnum; ++i) {
    const auto section = read_at<Elf64_Shdr>(bytes, head->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section) return "its section headers lie outside the file";
    if (section->sh_name >= names->size()) continue;
    const std::string_view rest = names->substr(section->sh_name);
    const std::string_view name = rest.substr(0, rest.find('\0'));
    auto* wanted = name == GARDU_MANIFEST_SECTION ? &out.manifest
                   : name == GARDU_SCHEMA_SECTION ? &out.schema
                                                  : nullptr;
    if (wanted == nullptr) continue;
    if (section->sh_type != SHT_PROGBITS) return "its section " + std::string(name) + " is empty";
    *wanted = slice(bytes, section->sh_offset, section->sh_size);
    if (!*wanted) return "its section " + std::string(name) + " lies outside the file";
  }
  return {};
}

template <std::size_t N>
bool terminated(const char (&text)[N]) {
  return std::memchr(text, '\0', N) != nullptr;
}

// Only what every major has in common is looked at before the major is known to be ours.
std::string copy_manifest(std::string_view section, gardu_manifest& out) {
  constexpr std::size_t kCommon = offsetof(gardu_manifest, abi_minor) + sizeof out.abi_minor;
  if (section.size() < kCommon) return "its manifest is cut short";
  if (std::memcmp(section.data(), GARDU_MANIFEST_MAGIC, sizeof out.magic) != 0)
    return "its manifest does not begin with the magic bytes of a Gardu plugin";
  std::memcpy(&out, section.data(), std::min(section.size(), sizeof out));
  if (out.abi_major != GARDU_ABI_MAJOR) {
    if (!terminated(out.id)) out.id[0] = '\0';
    if (!terminated(out.version)) out.version[0] = '\0';
    return {};
  }
  if (out.size < kManifestV1Size || section.size() < kManifestV1Size)
    return "its manifest is cut short";
  if (!terminated(out.id) || !terminated(out.version) || !terminated(out.name) ||
      !terminated(out.license) || !terminated(out.toolchain) || !terminated(out.needs))
    return "a text of its manifest has no end";
  static const std::regex kId("[a-z][a-z0-9_]*");
  if (!std::regex_match(out.id, kId)) return "its manifest's id is not of the form [a-z][a-z0-9_]*";
  return {};
}

std::string sdk_version(unsigned major, unsigned minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace

Result<PluginFile> parse_plugin_file(const std::filesystem::path& path, std::string_view bytes) {
  const auto refuse = [&](const std::string& why) {
    return Status::invalid(path.string() + " is not a plugin that can be loaded: " + why);
  };
  Sections sections;
  if (const std::string why = find_sections(bytes, sections); !why.empty()) return refuse(why);
  if (!sections.manifest)
    return refuse("it has no section " GARDU_MANIFEST_SECTION
                  "; build it with gardu_add_plugin and GARDU_PLUGIN");
  PluginFile file;
  file.path = path;
  if (const std::string why = copy_manifest(*sections.manifest, file.manifest); !why.empty())
    return refuse(why);
  if (sections.schema) {
    if (sections.schema->size() > kMaxSchema) return refuse("its settings schema is over 1 MiB");
    file.schema = *sections.schema;
  }
  file.sha256 = sha256_hex(bytes);
  return file;
}

Result<PluginFile> read_plugin_file(const std::filesystem::path& path) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(path, ec);
  if (ec) return Status{GARDU_NOT_FOUND, path.string() + ": " + ec.message()};
  if (size > kMaxFile) return Status::invalid(path.string() + " is over 256 MiB");
  std::ifstream in(path, std::ios::binary);
  std::string bytes(size, '\0');
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size)))
    return Status{GARDU_NOT_FOUND, path.string() + " cannot be read"};
  return parse_plugin_file(path, bytes);
}

Status check_compatible(const PluginFile& file, const HostOffer& host) {
  const gardu_manifest& m = file.manifest;
  const std::string who = std::string(file.id().empty() ? file.path.stem().string() : file.id()) +
                          (file.version().empty() ? "" : " " + std::string(file.version()));
  if (m.abi_major != host.abi_major)
    return Status::unsupported(who + " is built for SDK major " + std::to_string(m.abi_major) +
                               ", this host speaks " + sdk_version(host.abi_major, host.abi_minor) +
                               (m.abi_major > host.abi_major
                                    ? "; upgrade gardu or rebuild the plugin against SDK "
                                    : "; rebuild the plugin against SDK ") +
                               sdk_version(host.abi_major, host.abi_minor));
  if (m.host_min_minor > host.abi_minor)
    return Status::unsupported(
        who + " needs host SDK >= " + sdk_version(m.abi_major, m.host_min_minor) +
        ", this host offers " + sdk_version(host.abi_major, host.abi_minor) +
        "; upgrade gardu or rebuild against SDK " + sdk_version(host.abi_major, host.abi_minor));
  std::istringstream needs{std::string(m.needs)};
  for (std::string need; needs >> need;)
    if (std::find(host.services.begin(), host.services.end(), need) == host.services.end()) {
      std::string why = who;
      why.append(" needs the host service ").append(need);
      why.append(", which this host does not offer; upgrade gardu, or take ").append(need);
      why.append(" out of the plugin's needs");
      return Status::unsupported(why);
    }
  return {};
}

}  // namespace gardu::host
