// SPDX-License-Identifier: Apache-2.0
//
// For the FakeHost itself: the look-up of services, and the host's own table.
#pragma once
#include "calls.hpp"
#include "messages.hpp"
#include "rules.hpp"
#include "store.hpp"
#include "world.hpp"

namespace gardu::testing::detail {

struct Service {
  std::string_view id;
  const void* table;
  int minor;  // since
};

inline const std::vector<Service>& services() {
  static const std::vector<Service> kAll{{GARDU_EXT_LOG, &kLog, 0},
                                         {GARDU_EXT_PUBLISH, &kPublish, 0},
                                         {GARDU_EXT_SEND, &kSend, 0},
                                         {GARDU_EXT_JOURNAL, &kJournal, 0},
                                         {GARDU_EXT_TIMER, &kTimer, 0},
                                         {GARDU_EXT_HTTP_ROUTES, &kRoutes, 0},
                                         {GARDU_EXT_AUTH, &kAuth, 0},
                                         {GARDU_EXT_SECRETS, &kSecrets, 0},
                                         {GARDU_EXT_METRICS, &kMetrics, 0},
                                         {GARDU_EXT_DB, &kDb, 1},
                                         {GARDU_EXT_KV, &kKv, 1},
                                         {GARDU_EXT_EXECUTOR, &kExecutor, 1},
                                         {GARDU_EXT_HTTP_CLIENT, &kHttpClient, 1},
                                         {GARDU_EXT_MEDIA, &kMedia, 1},
                                         {GARDU_EXT_DIRECTORY, &kDirectory, 1},
                                         {GARDU_EXT_SETTINGS, &kSettings, 1},
                                         {GARDU_EXT_THREAD_CHECK, &kThreadCheck, 1}};
  return kAll;
}

inline const void* extension(void* context, const char* id) noexcept {
  const void* found = nullptr;
  // Looked up in the constructor already; a missing one is the plugin's to cope with.
  State& s = State::of(context);
  try {
    if (!s.enter("gardu_host", "extension", Tag::alive).ok()) return nullptr;
    const std::string_view wanted = id == nullptr ? std::string_view{} : id;
    const std::lock_guard lock(s.mutex);
    for (const Service& service : services())
      if (service.id == wanted && (!s.of_1_0 || service.minor == 0) && !s.missing.contains(wanted))
        found = service.table;
    if (found == nullptr) s.looked_up.emplace_back(wanted);
  } catch (...) {
    return nullptr;
  }
  return found;
}

// The host's table, with room behind it for that of a later minor.
inline constexpr size_t kRoomForLater = 64;
inline void make_table(State& s) {
  s.table_memory = std::make_unique<char[]>(sizeof(gardu_host) + kRoomForLater);
  s.table = new (s.table_memory.get()) gardu_host{};
  s.table->size = sizeof(gardu_host);
  s.table->abi_major = GARDU_ABI_MAJOR;
  s.table->abi_minor = GARDU_ABI_MINOR;
  s.table->context = &s;
  s.table->version = str("0.0.0");
  s.table->plugin_id = str(s.plugin_id);
  s.table->data_dir = str(s.data_dir);
  s.table->extension = &extension;
  s.table->retain = &retain;
  s.table->release = &release;
}

}  // namespace gardu::testing::detail
