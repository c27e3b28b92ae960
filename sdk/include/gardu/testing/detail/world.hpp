// SPDX-License-Identifier: Apache-2.0
//
// For the FakeHost itself: gardu.media/1, gardu.directory/1, gardu.settings/1, gardu.auth/1,
// gardu.secrets/1, gardu.metrics/1 and gardu.thread-check/1.
#pragma once
#include "../../abi/ext/auth.h"
#include "../../abi/ext/directory.h"
#include "../../abi/ext/media.h"
#include "../../abi/ext/metrics.h"
#include "../../abi/ext/secrets.h"
#include "../../abi/ext/settings.h"
#include "../../abi/ext/thread_check.h"
#include "rules.hpp"
#include "sha256.hpp"

namespace gardu::testing::detail {

// ---- gardu.media/1
inline std::string store_locked(State& s, State::MediaWriting file) {
  MediaFile made;
  made.sha256 = sha256(file.content);
  for (const MediaFile& m : s.media)  // the same bytes are kept once
    if (m.workspace_id == file.workspace_id && m.sha256 == made.sha256) return m.id;
  made.workspace_id = std::move(file.workspace_id);
  made.id = fake_id("media", made.workspace_id + made.sha256);
  made.mime_type = std::move(file.mime_type);
  made.file_name = std::move(file.file_name);
  made.bytes = file.content.size();
  made.content = std::move(file.content);
  s.media.push_back(made);
  return made.id;
}
inline int32_t media_open(void* context, const gardu_media_info* info, uint64_t* writer,
                          gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_MEDIA, "open", Tag::started, error, [&](State& s) {
    constexpr std::string_view kFunction = "gardu.media/1 open";
    if (!GARDU_HAS(info, gardu_media_info, bytes))
      return s.too_short(kFunction, "gardu_media_info");
    State::MediaWriting file{s.take(kFunction, "workspace_id", info->workspace_id),
                             s.take(kFunction, "mime_type", info->mime_type),
                             s.take(kFunction, "file_name", info->file_name),
                             {}};
    if (file.workspace_id.empty()) return Status::invalid("a file belongs to a workspace");
    const std::lock_guard lock(s.mutex);
    *writer = s.order_locked();
    s.media_writing.emplace(*writer, std::move(file));
    return Status{};
  });
}
inline Status no_writer(State& s, std::string_view function, uint64_t writer) {
  s.fault_locked("gardu.media/1 " + std::string(function) + ": " + std::to_string(writer) +
                 " is not an open handle");
  return Status::invalid("not an open handle");
}
inline int32_t media_append(void* context, uint64_t writer, gardu_str bytes,
                            gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_MEDIA, "append", Tag::started, error, [&](State& s) {
    const std::string more = s.take("gardu.media/1 append", "bytes", bytes, false);
    const std::lock_guard lock(s.mutex);
    const auto it = s.media_writing.find(writer);
    if (it == s.media_writing.end()) return no_writer(s, "append", writer);
    it->second.content += more;
    return Status{};
  });
}
inline int32_t media_finish(void* context, uint64_t writer, int32_t keep, char media_id[40],
                            gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_MEDIA, "finish", Tag::started, error, [&](State& s) {
    const std::lock_guard lock(s.mutex);
    auto taken = s.media_writing.extract(writer);
    if (taken.empty()) return no_writer(s, "finish", writer);
    if (keep == 0) return Status{};
    const std::string id = store_locked(s, std::move(taken.mapped()));
    std::memcpy(media_id, id.c_str(), id.size() + 1);
    return Status{};
  });
}
inline std::optional<MediaFile> find_media(State& s, gardu_str workspace_id, gardu_str id) {
  const std::lock_guard lock(s.mutex);
  for (const MediaFile& m : s.media)
    if (m.workspace_id == view(workspace_id) && m.id == view(id)) return m;
  return std::nullopt;
}
inline int32_t media_stat(void* context, gardu_str workspace_id, gardu_str media_id,
                          void (*on_info)(void* user, const gardu_media_info* info), void* user,
                          gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_MEDIA, "stat", Tag::started, error, [&](State& s) {
    const auto file = find_media(s, workspace_id, media_id);
    if (!file) return Status{GARDU_NOT_FOUND, "not in this workspace"};
    Shown shown;
    auto* info = shown.sized<gardu_media_info>();
    info->workspace_id = shown.text(file->workspace_id);
    info->id = shown.text(file->id);
    info->mime_type = shown.text(file->mime_type);
    info->file_name = shown.text(file->file_name);
    info->sha256 = shown.text(file->sha256);
    info->bytes = file->bytes;
    on_info(user, info);
    s.bury(shown);
    return Status{};
  });
}
inline int32_t media_read(void* context, gardu_str workspace_id, gardu_str media_id,
                          uint64_t offset, void* buffer, uint64_t capacity, uint64_t* count,
                          gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_MEDIA, "read", Tag::started, error, [&](State& s) {
    const auto file = find_media(s, workspace_id, media_id);
    if (!file) return Status{GARDU_NOT_FOUND, "not in this workspace"};
    const uint64_t from = std::min<uint64_t>(offset, file->content.size());
    *count = std::min<uint64_t>(capacity, file->content.size() - from);
    if (*count != 0) std::memcpy(buffer, file->content.data() + from, *count);
    return Status{};
  });
}
inline constexpr gardu_host_media kMedia{sizeof(gardu_host_media),
                                         0,
                                         &media_open,
                                         &media_append,
                                         &media_finish,
                                         &media_stat,
                                         &media_read};

// ---- gardu.directory/1
inline bool record_fits(const DirectoryRecord& r, const gardu_directory_query& q) {
  const auto among = [](gardu_str wanted, const std::vector<std::string>& have) {
    return wanted.size == 0 || std::find(have.begin(), have.end(), view(wanted)) != have.end();
  };
  return static_cast<uint32_t>(r.kind) == q.kind && r.workspace_id == view(q.workspace_id) &&
         (q.id.size == 0 || r.id == view(q.id)) &&
         (q.account_id.size == 0 || r.account_id == view(q.account_id)) &&
         among(q.identity, r.identities) && among(q.label, r.labels) &&
         (q.text.size == 0 || r.text.find(view(q.text)) != std::string::npos);
}
inline int32_t directory_find(void* context, const gardu_directory_query* query,
                              int32_t (*on_record)(void* user, gardu_str id, gardu_str json),
                              void* user, char next[256], gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_DIRECTORY, "find", Tag::started, error, [&](State& s) {
    if (!GARDU_HAS(query, gardu_directory_query, cursor))
      return s.too_short("gardu.directory/1 find", "gardu_directory_query");
    if (query->workspace_id.size == 0) return Status::invalid("workspace_id is required");
    std::vector<DirectoryRecord> found;
    {
      const std::lock_guard lock(s.mutex);
      for (const DirectoryRecord& r : s.records)
        if (record_fits(r, *query)) found.push_back(r);
    }
    // A cursor is the id that the page before ended with.
    size_t at = 0;
    if (query->cursor.size != 0) {
      while (at < found.size() && found[at].id != view(query->cursor)) ++at;
      if (at++ == found.size()) return Status::invalid("not a cursor of this query");
    }
    const size_t limit = query->limit == 0 || query->limit > 200 ? 200 : query->limit;
    const size_t end = std::min(found.size(), at + limit);
    if (next != nullptr) {
      const std::string cursor = end < found.size() ? found[end - 1].id : std::string();
      std::memcpy(next, cursor.c_str(), std::min<size_t>(cursor.size() + 1, 256));
    }
    for (; at < end; ++at) {
      Shown shown;
      const bool more = on_record(user, shown.text(found[at].id), shown.text(found[at].json)) != 0;
      s.bury(shown);
      if (!more) break;
    }
    return Status{};
  });
}
inline int32_t update_contact(void* context, gardu_str workspace_id, gardu_str contact_id,
                              gardu_str patch, gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_DIRECTORY, "update_contact", Tag::started, error, [&](State& s) {
    constexpr std::string_view kFunction = "gardu.directory/1 update_contact";
    ContactPatch p{s.take(kFunction, "workspace_id", workspace_id),
                   s.take(kFunction, "contact_id", contact_id), s.take(kFunction, "patch", patch)};
    const size_t first = p.patch.find_first_not_of(" \t\r\n");
    if (first == std::string::npos || p.patch[first] != '{')
      return Status::invalid("the patch is a JSON object");
    const std::lock_guard lock(s.mutex);
    const bool known = std::any_of(s.records.begin(), s.records.end(), [&](const auto& r) {
      return r.kind == GARDU_RECORD_CONTACT && r.workspace_id == p.workspace_id &&
             r.id == p.contact_id;
    });
    if (!known) return Status{GARDU_NOT_FOUND, "no such contact in this workspace"};
    if (auto* open = s.units_locked())
      open->back().patches.push_back(std::move(p));
    else
      s.patches.push_back(std::move(p));
    return Status{};
  });
}
inline constexpr gardu_host_directory kDirectory{sizeof(gardu_host_directory), 0, &directory_find,
                                                 &update_contact};

// ---- gardu.settings/1
inline int32_t of_workspace(void* context, gardu_str workspace_id,
                            void (*on_settings)(void* user, gardu_str settings), void* user,
                            gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_SETTINGS, "of_workspace", Tag::started, error, [&](State& s) {
    const std::string workspace =
        s.take("gardu.settings/1 of_workspace", "workspace_id", workspace_id);
    std::string json;
    {
      const std::lock_guard lock(s.mutex);
      const auto it = s.settings.find(workspace);
      json = it == s.settings.end() ? s.start_settings : it->second;
    }
    Shown shown;
    on_settings(user, shown.text(json));
    s.bury(shown);
    return Status{};
  });
}
inline constexpr gardu_host_settings kSettings{sizeof(gardu_host_settings), 0, &of_workspace};

// ---- gardu.auth/1
inline int32_t may_follow(void* context, const gardu_principal* principal, gardu_str workspace_id,
                          gardu_str contact_id, gardu_str account_id) noexcept {
  return serve(context, GARDU_EXT_AUTH, "may_follow", Tag::started, nullptr, [&](State& s) {
    constexpr std::string_view kFunction = "gardu.auth/1 may_follow";
    if (!GARDU_HAS(principal, gardu_principal, name))
      return s.too_short(kFunction, "gardu_principal");
    const Principal p{principal->auth, s.take(kFunction, "workspace_id", principal->workspace_id),
                      s.take(kFunction, "user_id", principal->user_id),
                      s.take(kFunction, "token_id", principal->token_id),
                      s.take(kFunction, "name", principal->name)};
    const std::string workspace = s.take(kFunction, "workspace_id", workspace_id),
                      contact = s.take(kFunction, "contact_id", contact_id),
                      account = s.take(kFunction, "account_id", account_id);
    std::unique_lock lock(s.mutex);
    const auto f = s.may_follow;
    bool may = s.follows.find(workspace + "/" + contact + "/" + account) != s.follows.end();
    lock.unlock();
    if (f) may = f(p, workspace, contact, account);
    return may ? Status{} : Status{GARDU_FORBIDDEN, "no such conversation for this token"};
  });
}
inline constexpr gardu_host_auth kAuth{sizeof(gardu_host_auth), 0, &may_follow};

// ---- gardu.secrets/1
inline int32_t secret(void* context, gardu_str name, uint32_t bytes, char* out, uint64_t capacity,
                      gardu_error* error) noexcept {
  return serve(context, GARDU_EXT_SECRETS, "get_or_create", Tag::alive, error, [&](State& s) {
    const std::string key = s.take("gardu.secrets/1 get_or_create", "name", name);
    if (bytes < 16 || bytes > 64 || capacity < 2 * uint64_t{bytes} + 1)
      return Status::invalid("a secret has 16 to 64 bytes, and its hex form must fit");
    const std::lock_guard lock(s.mutex);
    std::string& hex = s.secrets[key];
    if (hex.empty()) {
      hex = sha256(key + "/1") + sha256(key + "/2");
      hex.resize(2 * size_t{bytes});
      s.secret_texts.push_back(hex);
    }
    if (hex.size() + 1 > capacity) return Status::invalid("the kept secret is longer");
    std::memcpy(out, hex.c_str(), hex.size() + 1);
    return Status{};
  });
}
inline constexpr gardu_host_secrets kSecrets{sizeof(gardu_host_secrets), 0, &secret};

// ---- gardu.metrics/1
inline uint64_t define(void* context, uint32_t, gardu_str name, gardu_str labels,
                       gardu_str) noexcept {
  uint64_t id = 0;
  serve(context, GARDU_EXT_METRICS, "define", Tag::alive_plugin, nullptr, [&](State& s) {
    std::string series = s.take("gardu.metrics/1 define", "name", name);
    const bool fine = !series.empty() && series.find_first_not_of(
                                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"
                                             "Z0123456789_") == std::string::npos;
    if (!fine) return Status::invalid("the name is not well formed");
    const std::string marks = s.take("gardu.metrics/1 define", "labels", labels);
    s.check_secrets("gardu.metrics/1 define", marks);
    if (!marks.empty()) series += "{" + marks + "}";
    const std::lock_guard lock(s.mutex);
    const auto at = std::find(s.series.begin(), s.series.end(), series);
    id = static_cast<uint64_t>(at - s.series.begin()) + 1;
    if (at == s.series.end()) {
      s.series.push_back(series);
      s.metrics[series] = 0;
    }
    return Status{};
  });
  return id;
}
inline void change_series(void* context, std::string_view function, uint64_t id, int64_t value,
                          bool add) noexcept {
  serve(context, GARDU_EXT_METRICS, function, Tag::alive, nullptr, [&](State& s) {
    if (id == 0) return Status{};  // of a name that was not well formed
    const std::lock_guard lock(s.mutex);
    if (id > s.series.size()) {
      s.fault_locked("gardu.metrics/1 " + std::string(function) + ": an id that define never gave");
      return Status{};
    }
    int64_t& have = s.metrics[s.series[id - 1]];
    have = add ? have + value : value;
    return Status{};
  });
}
inline void metrics_add(void* context, uint64_t id, int64_t delta) noexcept {
  change_series(context, "add", id, delta, true);
}
inline void metrics_set(void* context, uint64_t id, int64_t value) noexcept {
  change_series(context, "set", id, value, false);
}
inline constexpr gardu_host_metrics kMetrics{sizeof(gardu_host_metrics), 0, &define, &metrics_add,
                                             &metrics_set};

// ---- gardu.thread-check/1
inline int32_t on_plugin_thread(void* context) noexcept {
  State& s = State::of(context);
  const std::lock_guard lock(s.mutex);
  return s.on_plugin_thread_locked() ? 1 : 0;
}
inline constexpr gardu_host_thread_check kThreadCheck{sizeof(gardu_host_thread_check), 0,
                                                      &on_plugin_thread};

}  // namespace gardu::testing::detail
