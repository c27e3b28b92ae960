// SPDX-License-Identifier: Apache-2.0
// What the manifest says, read from the file.
#include <algorithm>
#include <cstring>
#include <regex>
#include <sstream>

#include "base/utf8.hpp"
#include "check/checks.hpp"
#include "check/elf_view.hpp"
#include "plugins/host_table.hpp"

namespace gardu::host::check {
namespace {

constexpr std::size_t kFirstManifest =
    offsetof(gardu_manifest, needs) + sizeof(gardu_manifest::needs);

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

std::string bits(std::uint64_t value) {
  std::ostringstream out;
  out << "0x" << std::hex << value;
  return out.str();
}

const char* const kFormRule =
    "abi/manifest.h: gardu_manifest in the section " GARDU_MANIFEST_SECTION;

template <std::size_t N>
void check_padded(Context& c, const char* field, const char (&text)[N]) {
  const auto* end = static_cast<const char*>(std::memchr(text, '\0', N));
  const std::string name = std::string("manifest.") + field;
  if (end == nullptr) {
    c.fail(name + " ends with a zero byte", "it fills all of its " + std::to_string(N) + " bytes",
           "abi/manifest.h: texts are zero-terminated and padded with zeros");
    return;
  }
  if (!valid_utf8(text))
    c.fail(name + " is UTF-8", "the bytes " + hex(text), "abi/abi.h, rule 3: text is UTF-8");
  if (std::any_of(end, text + N, [](char x) { return x != '\0'; }))
    c.fail(name + " is padded with zeros", "something stands behind its end",
           "abi/manifest.h: texts are zero-terminated and padded with zeros");
}

bool is_semantic_version(const std::string& text) {
  static const std::regex form(
      R"((0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)");
  return std::regex_match(text, form);
}

}  // namespace

void check_manifest(Context& c) {
  const auto elf = ElfView::parse(c.subject().bytes);
  if (!elf) return c.fail("a 64-bit little-endian ELF file", c.subject().refusal, kFormRule);
  const auto section = elf->section(GARDU_MANIFEST_SECTION);
  if (!section)
    return c.fail("a section " GARDU_MANIFEST_SECTION, "there is none",
                  "gardu/plugin.hpp: GARDU_PLUGIN and gardu_add_plugin make it");
  gardu_manifest m{};
  std::memcpy(&m, section->data(), std::min(section->size(), sizeof m));
  const std::string_view magic(m.magic, sizeof m.magic);
  if (magic != GARDU_MANIFEST_MAGIC)
    return c.fail("the magic bytes " GARDU_MANIFEST_MAGIC, "the bytes " + hex(magic), kFormRule);
  if (m.abi_major != GARDU_ABI_MAJOR)
    return c.fail(
        "ABI major " + std::to_string(GARDU_ABI_MAJOR),
        "it is built for major " + std::to_string(m.abi_major),
        "abi/types.h: another major is another contract; rebuild against this host's SDK");
  if (section->size() < kFirstManifest || m.size < kFirstManifest || m.size > section->size())
    return c.fail("a size from " + std::to_string(kFirstManifest) + " up to the section's " +
                      std::to_string(section->size()) + " bytes",
                  "manifest.size is " + std::to_string(m.size), kFormRule);
  check_padded(c, "id", m.id);
  check_padded(c, "version", m.version);
  check_padded(c, "name", m.name);
  check_padded(c, "license", m.license);
  check_padded(c, "toolchain", m.toolchain);
  check_padded(c, "needs", m.needs);
  // Whatever else the host refuses to read.
  static const std::regex form("[a-z][a-z0-9_]*");
  if (c.failures() == 0 && !std::regex_match(m.id, form)) {
    c.fail("an id of the form ^[a-z][a-z0-9_]*$", "'" + std::string(m.id) + "'",
           "abi/manifest.h: gardu_manifest.id");
  } else if (c.failures() == 0 && !c.subject().read) {
    c.fail("a file that the host reads", c.subject().refusal, kFormRule);
  }
}

void check_texts(Context& c) {
  const gardu_manifest& m = c.subject().manifest();
  const std::string stem = c.subject().file.stem().string();
  if (stem != m.id || c.subject().file.extension() != ".so")
    c.fail("the file is named " + std::string(m.id) + ".so", c.subject().file.filename().string(),
           "abi/manifest.h: the id is also the name of the file; the host looks for <id>.so");
  if (!is_semantic_version(m.version))
    c.fail("a semantic version such as 1.2.3", "'" + std::string(m.version) + "'",
           "abi/manifest.h: gardu_manifest.version");
  if (m.name[0] == '\0')
    c.warn("a name for people", "manifest.name is empty", "abi/manifest.h: gardu_manifest.name");
  if (m.license[0] == '\0')
    c.fail("an SPDX license identifier", "manifest.license is empty",
           "abi/manifest.h: gardu_manifest.license");
}

void check_roles(Context& c) {
  const gardu_manifest& m = c.subject().manifest();
  constexpr std::uint32_t kRoles =
      GARDU_ROLE_SUBSCRIBER | GARDU_ROLE_TRANSPORT | GARDU_ROLE_HTTP | GARDU_ROLE_SERVICE;
  constexpr std::uint64_t kTypes = (std::uint64_t{2} << GARDU_EVENT_PLUGIN_STATUS) - 1;
  if ((m.roles & ~kRoles) != 0)
    c.fail("roles out of " + bits(kRoles), bits(m.roles), "abi/manifest.h: gardu_role");
  if (m.roles == 0)
    c.warn("at least one role", "manifest.roles is 0", "abi/manifest.h: gardu_role");
  if (m.delivery > GARDU_DELIVERY_DURABLE)
    c.fail("delivery 0 (live) or 1 (durable)", std::to_string(m.delivery),
           "abi/manifest.h: gardu_delivery");
  // GARDU_PLUGIN's "all" sets every bit: types to come are meant as well.
  if ((m.subscribes & ~kTypes) != 0 && m.subscribes != ~std::uint64_t{0})
    c.fail(
        "subscriptions out of " + bits(kTypes) + ", or all bits", bits(m.subscribes),
        "abi/event.h: the numbers of gardu_event_type are the bits of gardu_manifest.subscribes");
  const bool subscriber = (m.roles & GARDU_ROLE_SUBSCRIBER) != 0;
  if (subscriber != (m.subscribes != 0))
    c.fail(subscriber ? "a subscriber subscribes to something"
                      : "only a subscriber subscribes to something",
           "roles " + bits(m.roles) + ", subscribes " + bits(m.subscribes),
           "abi/manifest.h: gardu_manifest.subscribes");
  if (m.max_batch > 10'000)
    c.warn("at most 10000 events in a batch", std::to_string(m.max_batch),
           "abi/manifest.h: gardu_manifest.max_batch");
}

void check_needs(Context& c) {
  const gardu_manifest& m = c.subject().manifest();
  const auto& offered = offered_services();
  if (m.host_min_minor > GARDU_ABI_MINOR)
    c.fail("host_min_minor is at most " + std::to_string(GARDU_ABI_MINOR),
           std::to_string(m.host_min_minor),
           "abi/manifest.h: no host of this version would take the plugin");
  if (m.host_min_minor > m.abi_minor)
    c.fail("host_min_minor is at most the abi_minor that it is built against (" +
               std::to_string(m.abi_minor) + ")",
           std::to_string(m.host_min_minor), "abi/manifest.h: gardu_manifest.host_min_minor");
  std::istringstream needs{std::string(m.needs)};
  for (std::string need; needs >> need;)
    if (std::find(offered.begin(), offered.end(), need) == offered.end()) {
      std::string known;
      for (const std::string_view o : offered) known.append(known.empty() ? "" : " ").append(o);
      c.fail("needs out of: " + known, need,
             "abi/manifest.h: gardu_manifest.needs are services that the host offers");
    }
}

}  // namespace gardu::host::check
