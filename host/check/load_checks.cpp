// SPDX-License-Identifier: Apache-2.0
// Mapping the library, and what its static constructors do.
#include <dlfcn.h>

#include <cstring>

#include "check/checks.hpp"
#include "check/module.hpp"
#include "check/process_state.hpp"

namespace gardu::host::check {

Module map_module(Context& c) {
  c.inside("the static constructors");
  Module out;
  void* library = ::dlopen(c.subject().file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  c.inside("");
  if (library == nullptr) {
    const char* why = ::dlerror();
    out.why = why != nullptr ? why : "dlopen failed";
    return out;
  }
  out.manifest = static_cast<const gardu_manifest*>(::dlsym(library, GARDU_MANIFEST_SYMBOL));
  void* create = ::dlsym(library, GARDU_CREATE_SYMBOL);
  std::memcpy(&out.create, &create, sizeof create);
  if (out.manifest == nullptr) out.why = "it does not export " GARDU_MANIFEST_SYMBOL;
  if (out.create == nullptr) out.why = "it does not export " GARDU_CREATE_SYMBOL;
  return out;
}

Module need_module(Context& c) {
  Module m = map_module(c);
  if (!m.why.empty()) c.skip("it cannot be loaded: " + m.why);
  return m;
}

namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& t : texts) out += (out.empty() ? "" : ", ") + t;
  return out;
}

}  // namespace

void check_open(Context& c) {
  const Module m = map_module(c);
  if (!m.why.empty())
    return c.fail("the library can be loaded", m.why,
                  "install the libraries that it needs; link with -Wl,-z,defs to find missing "
                  "symbols at build time");
  if (std::memcmp(m.manifest, &c.subject().manifest(), offsetof(gardu_manifest, name)) != 0)
    c.fail("the manifest in memory is the file's", "they differ",
           "abi/manifest.h: the record is constant and pointer-free");
}

void check_constructors(Context& c) {
  const Before before;
  OutputTrap trap;
  const Module m = map_module(c);
  const std::string output = trap.end();
  const Gained gained = before.gained();
  const char* rule =
      "static constructors run before the host has looked at anything, under the loader's lock: "
      "threads, files and output belong into start";
  if (!gained.threads.empty()) c.fail("no thread after the load", joined(gained.threads), rule);
  if (!gained.descriptors.empty())
    c.fail("no descriptor after the load", joined(gained.descriptors), rule);
  if (!output.empty()) c.fail("no output while loading", "'" + output.substr(0, 120) + "'", rule);
}

}  // namespace gardu::host::check
