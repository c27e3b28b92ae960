// SPDX-License-Identifier: Apache-2.0
//
// A shared library's file, read without loading it: sections, symbols, the dynamic table. 64-bit
// little-endian only. Views into the bytes given; every offset is checked, what lies outside is
// left out.
#pragma once
#include <elf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::host::check {

struct ElfSymbol {
  std::string_view name;
  unsigned char binding = 0;  // STB_…
  unsigned char type = 0;     // STT_…
  bool defined = false;
  std::uint64_t size = 0;
};

class ElfView {
 public:
  // Empty when it is no such file.
  static std::optional<ElfView> parse(std::string_view bytes);

  std::optional<std::string_view> section(std::string_view name) const;
  std::vector<ElfSymbol> dynamic_symbols() const { return symbols(SHT_DYNSYM); }
  // Of a file that was not stripped.
  std::vector<ElfSymbol> all_symbols() const { return symbols(SHT_SYMTAB); }
  // The values of a tag in the dynamic table, e.g. DT_FLAGS.
  std::vector<std::uint64_t> dynamic(std::int64_t tag) const;
  // The same as texts, e.g. DT_NEEDED.
  std::vector<std::string> dynamic_texts(std::int64_t tag) const;

 private:
  struct Section {
    std::string_view name, data;
    std::uint32_t type = 0, link = 0;
  };
  const Section* first(std::uint32_t type) const;
  std::string_view linked_texts(const Section& section) const;
  std::vector<ElfSymbol> symbols(std::uint32_t type) const;

  std::vector<Section> sections_;
};

}  // namespace gardu::host::check
