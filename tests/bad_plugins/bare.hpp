// SPDX-License-Identifier: Apache-2.0
//
// A plugin on the bare tables, without the C++ layer and its barrier, so that what is wrong with it
// really reaches the host. Each bad plugin fills in what it does wrong; the rest does nothing.
#pragma once
#include <gardu/abi/abi.h>
#include <gardu/abi/ext/http_routes.h>
#include <gardu/abi/ext/log.h>
#include <gardu/abi/ext/publish.h>
#include <gardu/abi/ext/timer.h>
#include <gardu/abi/ext/transport.h>

#include <cstring>
#include <string_view>

#define BAD_EXPORT extern "C" __attribute__((visibility("default")))

namespace bad {

constexpr uint64_t kEverything = ~uint64_t{0};

template <size_t N>
constexpr void put(char (&out)[N], std::string_view in) {
  for (size_t i = 0; i < in.size() && i + 1 < N; ++i) out[i] = in[i];
}

// A manifest with which nothing is wrong.
constexpr gardu_manifest manifest(std::string_view id, uint32_t roles) {
  gardu_manifest m{};
  for (size_t i = 0; i < sizeof m.magic; ++i) m.magic[i] = GARDU_MANIFEST_MAGIC[i];
  m.size = sizeof m;
  m.abi_major = GARDU_ABI_MAJOR;
  m.abi_minor = GARDU_ABI_MINOR;
  m.roles = roles;
  m.subscribes = (roles & GARDU_ROLE_SUBSCRIBER) != 0 ? kEverything : 0;
  put(m.id, id);
  put(m.version, "1.0.0");
  put(m.name, "Wrong on purpose");
  put(m.license, "Apache-2.0");
  put(m.toolchain, "gcc");
  put(m.needs, GARDU_EXT_LOG);
  return m;
}

// Set by create, which is called before anything else.
inline const gardu_host* host = nullptr;

template <class Table>
const Table* service(const char* id) {
  return static_cast<const Table*>(host->extension(host->context, id));
}

inline gardu_str text(std::string_view s) { return {s.data(), s.size()}; }

inline int32_t start(void*, gardu_str, gardu_error*) { return GARDU_OK; }
inline int32_t stop(void*, gardu_error*) { return GARDU_OK; }
inline void destroy(void*) {}
inline const void* extension(void*, const char*) { return nullptr; }

inline int32_t create(const gardu_host* table, gardu_plugin* plugin) {
  host = table;
  plugin->self = &host;
  plugin->start = start;
  plugin->stop = stop;
  plugin->destroy = destroy;
  plugin->extension = extension;
  return GARDU_OK;
}

}  // namespace bad

#define BAD_MANIFEST(...)                                                                  \
  extern "C" __attribute__((visibility("default"), used, section(GARDU_MANIFEST_SECTION))) \
  const gardu_manifest gardu_plugin_manifest = __VA_ARGS__;

// The function that `create` calls last may change any entry of the table.
#define BAD_CREATE(...)                                                                   \
  BAD_EXPORT int32_t gardu_plugin_create_v1(const gardu_host* host, gardu_plugin* plugin, \
                                            gardu_error* error);                          \
  BAD_EXPORT int32_t gardu_plugin_create_v1(const gardu_host* host, gardu_plugin* plugin, \
                                            gardu_error* error) {                         \
    (void)error;                                                                          \
    const int32_t code = bad::create(host, plugin);                                       \
    __VA_ARGS__                                                                           \
    return code;                                                                          \
  }
