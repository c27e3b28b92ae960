// SPDX-License-Identifier: Apache-2.0
// How the library is linked, read from its symbols and its dynamic table.
#include <algorithm>
#include <set>

#include "check/checks.hpp"
#include "check/elf_view.hpp"

namespace gardu::host::check {
namespace {

ElfView view_of(Context& c) {
  auto elf = ElfView::parse(c.subject().bytes);
  if (!elf) c.skip("it is no ELF file that can be read");
  return std::move(*elf);
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < 5; ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > 5) out += " and " + std::to_string(names.size() - 5) + " more";
  return out.empty() ? "none" : out;
}

bool needs_library(const ElfView& elf, std::string_view prefix) {
  const auto needed = elf.dynamic_texts(DT_NEEDED);
  return std::any_of(needed.begin(), needed.end(), [&](const std::string& n) {
    return n.compare(0, prefix.size(), prefix) == 0;
  });
}

// Its own copy of it: defined, and not merely asked for.
bool defines(const std::vector<ElfSymbol>& symbols, std::string_view name) {
  return std::any_of(symbols.begin(), symbols.end(),
                     [&](const ElfSymbol& s) { return s.defined && s.name == name; });
}

}  // namespace

void check_exports(Context& c) {
  std::set<std::string> missing{GARDU_MANIFEST_SYMBOL, GARDU_CREATE_SYMBOL};
  std::vector<std::string> others;
  for (const ElfSymbol& s : view_of(c).dynamic_symbols()) {
    if (!s.defined || s.binding == STB_LOCAL || s.name.empty() || s.type == STT_SECTION) continue;
    if (missing.erase(std::string(s.name)) != 0) {
      const bool data = s.name == GARDU_MANIFEST_SYMBOL;
      if (s.type != (data ? STT_OBJECT : STT_FUNC))
        c.fail(std::string(s.name) + (data ? " is an object" : " is a function"),
               "symbol type " + std::to_string(s.type), "abi/abi.h: what a plugin exports");
    } else if (s.name != GARDU_MANIFEST_SYMBOL && s.name != GARDU_CREATE_SYMBOL) {
      others.emplace_back(s.name);
    }
  }
  const char* rule =
      "abi/abi.h: a plugin exports " GARDU_MANIFEST_SYMBOL " and " GARDU_CREATE_SYMBOL
      ", nothing else; gardu_add_plugin's version script sees to it";
  for (const std::string& name : missing) c.fail("it exports " + name, "it does not", rule);
  if (!others.empty())
    c.fail("no other exported symbols", std::to_string(others.size()) + ": " + listed(others),
           rule);
}

void check_unique_symbols(Context& c) {
  std::vector<std::string> unique;
  for (const ElfSymbol& s : view_of(c).dynamic_symbols())
    if (s.binding == STB_GNU_UNIQUE) unique.emplace_back(s.name);
  if (!unique.empty())
    c.fail("no symbols that are unique in the process", listed(unique),
           "a new copy beside an old one would share their state; compile with -fno-gnu-unique and "
           "link with gardu_add_plugin's version script");
}

void check_text_relocations(Context& c) {
  const ElfView elf = view_of(c);
  const auto flags = elf.dynamic(DT_FLAGS);
  if (!elf.dynamic(DT_TEXTREL).empty() || (!flags.empty() && (flags[0] & DF_TEXTREL) != 0))
    c.fail("code that is never written to", "the library has text relocations",
           "compile all of it, its static libraries too, with -fPIC");
}

void check_search_path(Context& c) {
  const ElfView elf = view_of(c);
  std::set<std::string> paths;
  for (const std::int64_t tag : {std::int64_t{DT_RUNPATH}, std::int64_t{DT_RPATH}})
    for (const std::string& text : elf.dynamic_texts(tag))
      for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(':', at), text.size());
        paths.insert(text.substr(at, end - at));
        at = end + 1;
      }
  for (const std::string& path : paths) {
    if (path.empty()) {  // CMake keeps room with empty ones in its build tree
      c.warn("no empty search path", "there is one, which means the current directory",
             "install the plugin: the installed file has the INSTALL_RPATH instead");
    } else if (path.rfind("$ORIGIN", 0) != 0 && path.rfind("${ORIGIN}", 0) != 0) {
      c.fail("a search path below $ORIGIN, or none", path,
             "libraries from a directory of the build machine must not get into the host; set "
             "INSTALL_RPATH, or BUILD_RPATH_USE_ORIGIN");
    }
  }
}

void check_cpp_runtime(Context& c) {
  const ElfView elf = view_of(c);
  const bool shared = needs_library(elf, "libstdc++.so") || needs_library(elf, "libc++.so");
  const auto symbols = elf.all_symbols();
  const auto dynamic = elf.dynamic_symbols();
  const auto own = [&](std::string_view name) {
    return defines(symbols, name) || defines(dynamic, name);
  };
  const bool thrown_table = elf.section(".gcc_except_table").has_value();
  const char* rule =
      "one C++ runtime in the process: exceptions and memory of two do not mix; leave out "
      "-static-libstdc++ and -static-libgcc";
  if (own("__cxa_throw") || own("__cxa_begin_catch") || (thrown_table && !shared))
    c.fail("libstdc++ as a shared library", "needed: " + listed(elf.dynamic_texts(DT_NEEDED)),
           rule);
  if (own("_Unwind_RaiseException"))
    c.fail("libgcc_s as a shared library", "the library has an unwinder of its own", rule);
}

void check_bind_now(Context& c) {
  const ElfView elf = view_of(c);
  const auto flags = elf.dynamic(DT_FLAGS), flags_1 = elf.dynamic(DT_FLAGS_1);
  const bool now = !elf.dynamic(DT_BIND_NOW).empty() ||
                   (!flags.empty() && (flags[0] & DF_BIND_NOW) != 0) ||
                   (!flags_1.empty() && (flags_1[0] & DF_1_NOW) != 0);
  if (!now)
    c.fail("all symbols are bound when it is loaded", "it is linked for lazy binding",
           "a missing symbol is found at the load, not in the middle of work: link with "
           "-Wl,-z,now, as gardu_add_plugin does");
}

}  // namespace gardu::host::check
