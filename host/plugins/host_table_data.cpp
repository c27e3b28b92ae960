// SPDX-License-Identifier: Apache-2.0
// The tables of gardu.db, kv, http-client, media, directory and settings.
#include <algorithm>
#include <cstring>

#include <gardu/abi/ext/db.h>
#include <gardu/abi/ext/directory.h>
#include <gardu/abi/ext/kv.h>
#include <gardu/abi/ext/media.h>
#include <gardu/abi/ext/settings.h>

#include "plugins/host_table.hpp"

namespace gardu::host::tables {
namespace {

using storage::SqlValue;

SqlValue owned_value(const gardu_value& v) {
  switch (v.kind) {
    case GARDU_VALUE_INTEGER:
      return {SqlValue::Kind::integer, v.integer, 0, {}};
    case GARDU_VALUE_REAL:
      return {SqlValue::Kind::real, 0, v.real, {}};
    case GARDU_VALUE_TEXT:
      return {SqlValue::Kind::text, 0, 0, std::string(view(v.text))};
    default:
      return {};
  }
}
gardu_value view_value(const SqlValue& v) {
  gardu_value out{};
  out.kind = v.kind == SqlValue::Kind::integer ? GARDU_VALUE_INTEGER
             : v.kind == SqlValue::Kind::real  ? GARDU_VALUE_REAL
             : v.kind == SqlValue::Kind::text  ? GARDU_VALUE_TEXT
                                               : GARDU_VALUE_NULL;
  out.integer = v.integer;
  out.real = v.real;
  out.text = str(v.text);
  return out;
}

// A text into an array of the caller's, cut where it must be.
template <std::size_t N>
void put_text(char (&out)[N], const std::string& text) {
  const std::size_t n = std::min(text.size(), N - 1);
  std::memcpy(out, text.data(), n);
  out[n] = '\0';
}

std::int32_t migrate(void* context, const gardu_migration* migrations, std::uint32_t count,
                     gardu_error* error) noexcept {
  return guard(error, [&] {
    std::vector<storage::PluginMigration> list;
    for (std::uint32_t i = 0; i < count; ++i)
      list.push_back({migrations[i].number, std::string(view(migrations[i].name)),
                      std::string(view(migrations[i].sql))});
    return of(context).migrate(std::move(list));
  });
}

std::int32_t execute(void* context, gardu_str sql, const gardu_value* parameters,
                     std::uint32_t count,
                     std::int32_t (*on_row)(void*, const gardu_value*, std::uint32_t), void* user,
                     std::int64_t* affected, gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    std::vector<SqlValue> values;
    values.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) values.push_back(owned_value(parameters[i]));
    std::vector<gardu_value> cells;
    storage::plugin_sql::OnRow rows;
    if (on_row != nullptr)
      rows = [&](std::span<const SqlValue> row) {
        cells.clear();
        for (const SqlValue& v : row) cells.push_back(view_value(v));
        return on_row(user, cells.data(), static_cast<std::uint32_t>(cells.size())) != 0;
      };
    const auto changed = of(context).execute(view(sql), values, rows);
    if (!changed) return changed.status();
    if (affected != nullptr) *affected = *changed;
    return {};
  });
}

std::int32_t transaction(void* context, std::int32_t (*body)(void*, gardu_error*), void* user,
                         gardu_error* error) noexcept {
  return guard(error, [&] {
    return of(context).transaction([&] {
      gardu_error why = Status::record();
      const std::int32_t code = body(user, &why);
      return Status::read_from(code, why);
    });
  });
}

std::int32_t kv_get(void* context, gardu_str key,
                    std::int32_t (*on_value)(void*, gardu_str, gardu_str), void* user,
                    gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    const auto value = of(context).kv_get(view(key));
    if (!value) return value.status();
    if (!*value) return {GARDU_NOT_FOUND, "there is no such key"};
    on_value(user, key, str(**value));
    return {};
  });
}
std::int32_t kv_put(void* context, gardu_str key, gardu_str value, std::int64_t ttl,
                    gardu_error* error) noexcept {
  return guard(error, [&] {
    return of(context).kv_put(view(key), view(value), std::chrono::microseconds(ttl));
  });
}
std::int32_t kv_compare_and_put(void* context, gardu_str key, const gardu_str* expected,
                                gardu_str value, std::int64_t ttl, gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    const auto old = expected != nullptr ? std::optional(view(*expected)) : std::nullopt;
    const auto done =
        of(context).kv_compare_and_put(view(key), old, view(value), std::chrono::microseconds(ttl));
    if (!done) return done.status();
    return *done ? Status{} : Status::rejected("the present value is another");
  });
}
std::int32_t kv_erase(void* context, gardu_str key, gardu_error* error) noexcept {
  return guard(error, [&] { return of(context).kv_erase(view(key)); });
}
std::int32_t kv_scan(void* context, gardu_str prefix, gardu_str after, std::uint32_t limit,
                     std::int32_t (*on_value)(void*, gardu_str, gardu_str), void* user,
                     gardu_error* error) noexcept {
  return guard(error, [&] {
    return of(context).kv_scan(view(prefix), view(after), limit,
                               [&](std::string_view key, std::string_view value) {
                                 return on_value(user, str(key), str(value)) != 0;
                               });
  });
}

void tell_answer(const HttpOutcome& outcome, void (*done)(void*, const gardu_http_answer*),
                 void* user) {
  std::vector<gardu_header> headers;
  headers.reserve(outcome.headers.size());
  for (const auto& [name, value] : outcome.headers) headers.push_back({str(name), str(value)});
  gardu_http_answer answer{};
  answer.size = sizeof answer;
  answer.progress = outcome.progress;
  answer.status = outcome.status;
  answer.header_count = static_cast<std::uint32_t>(headers.size());
  answer.headers = headers.data();
  answer.body = str(outcome.body);
  answer.error = str(outcome.error);
  done(user, &answer);
}
std::int32_t http_request(void* context, const gardu_http_call* call,
                          void (*done)(void*, const gardu_http_answer*), void* user,
                          gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    if (!GARDU_HAS(call, gardu_http_call, max_answer) || done == nullptr)
      return Status::invalid("the call is shorter than version 1, or nobody waits for its end");
    HttpExchange out;
    out.method = view(call->method);
    out.url = view(call->url);
    out.body = view(call->body);
    for (std::uint32_t i = 0; i < call->header_count; ++i)
      out.headers.emplace_back(view(call->headers[i].name), view(call->headers[i].value));
    out.deadline = std::chrono::microseconds(call->deadline);
    out.max_answer = call->max_answer;
    return of(context).http(std::move(out),
                            [done, user](const HttpOutcome& o) { tell_answer(o, done, user); });
  });
}

std::int32_t media_open(void* context, const gardu_media_info* info, std::uint64_t* writer,
                        gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    MediaInfo in;
    in.workspace_id = view(info->workspace_id);
    in.mime_type = view(info->mime_type);
    in.file_name = view(info->file_name);
    const auto handle = of(context).media_open(in);
    if (!handle) return handle.status();
    *writer = *handle;
    return {};
  });
}
std::int32_t media_append(void* context, std::uint64_t writer, gardu_str bytes,
                          gardu_error* error) noexcept {
  return guard(error, [&] { return of(context).media_append(writer, view(bytes)); });
}
std::int32_t media_finish(void* context, std::uint64_t writer, std::int32_t keep, char media_id[40],
                          gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    const auto id = of(context).media_finish(writer, keep != 0);
    if (!id) return id.status();
    const std::size_t n = std::min<std::size_t>(id->size(), 39);
    std::memcpy(media_id, id->data(), n);
    media_id[n] = '\0';
    return {};
  });
}
std::int32_t media_stat(void* context, gardu_str workspace_id, gardu_str media_id,
                        void (*on_info)(void*, const gardu_media_info*), void* user,
                        gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    const auto info = of(context).media_stat(view(workspace_id), view(media_id));
    if (!info) return info.status();
    gardu_media_info out{};
    out.size = sizeof out;
    out.workspace_id = str(info->workspace_id);
    out.id = str(info->id);
    out.mime_type = str(info->mime_type);
    out.file_name = str(info->file_name);
    out.sha256 = str(info->sha256);
    out.bytes = info->bytes;
    on_info(user, &out);
    return {};
  });
}
std::int32_t media_read(void* context, gardu_str workspace_id, gardu_str media_id,
                        std::uint64_t offset, void* buffer, std::uint64_t capacity,
                        std::uint64_t* count, gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    const auto bytes = of(context).media_read(view(workspace_id), view(media_id), offset, capacity);
    if (!bytes) return bytes.status();
    std::memcpy(buffer, bytes->data(), bytes->size());
    *count = bytes->size();
    return {};
  });
}

std::int32_t find_records(void* context, const gardu_directory_query* q,
                          std::int32_t (*on_record)(void*, gardu_str, gardu_str), void* user,
                          char next[256], gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    if (!GARDU_HAS(q, gardu_directory_query, cursor))
      return Status::invalid("the query is shorter than version 1");
    if (q->kind < GARDU_RECORD_ACCOUNT || q->kind > GARDU_RECORD_LABEL)
      return Status::invalid("there are no records of that kind");
    DirectoryQuery in;
    in.kind = static_cast<gardu_record_kind>(q->kind);
    in.workspace_id = view(q->workspace_id);
    in.id = view(q->id);
    in.account_id = view(q->account_id);
    in.identity = view(q->identity);
    in.label = view(q->label);
    in.text = view(q->text);
    in.cursor = view(q->cursor);
    in.limit = q->limit;
    const auto cursor =
        of(context).find_records(in, [&](std::string_view id, std::string_view json) {
          return on_record(user, str(id), str(json)) != 0;
        });
    if (!cursor) return cursor.status();
    if (next != nullptr) put_text(*reinterpret_cast<char(*)[256]>(next), *cursor);
    return {};
  });
}
std::int32_t update_contact(void* context, gardu_str workspace_id, gardu_str contact_id,
                            gardu_str patch, gardu_error* error) noexcept {
  return guard(error, [&] {
    return of(context).update_contact(view(workspace_id), view(contact_id), view(patch));
  });
}

std::int32_t of_workspace(void* context, gardu_str workspace_id,
                          void (*on_settings)(void*, gardu_str), void* user,
                          gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    const auto text = of(context).workspace_settings(view(workspace_id));
    if (!text) return text.status();
    on_settings(user, str(*text));
    return {};
  });
}

}  // namespace

const void* data_service(std::string_view id) {
  static constexpr gardu_host_db kDb{sizeof kDb, 0, &migrate, &execute, &transaction};
  static constexpr gardu_host_kv kKv{sizeof kKv,          0,         &kv_get, &kv_put,
                                     &kv_compare_and_put, &kv_erase, &kv_scan};
  static constexpr gardu_host_http_client kHttp{sizeof kHttp, 0, &http_request};
  static constexpr gardu_host_media kMedia{sizeof kMedia, 0,           &media_open, &media_append,
                                           &media_finish, &media_stat, &media_read};
  static constexpr gardu_host_directory kDirectory{sizeof kDirectory, 0, &find_records,
                                                   &update_contact};
  static constexpr gardu_host_settings kSettings{sizeof kSettings, 0, &of_workspace};
  static constexpr std::pair<std::string_view, const void*> kAll[] = {
      {GARDU_EXT_DB, &kDb},
      {GARDU_EXT_KV, &kKv},
      {GARDU_EXT_HTTP_CLIENT, &kHttp},
      {GARDU_EXT_MEDIA, &kMedia},
      {GARDU_EXT_DIRECTORY, &kDirectory},
      {GARDU_EXT_SETTINGS, &kSettings}};
  for (const auto& [name, table] : kAll)
    if (name == id) return table;
  return nullptr;
}

}  // namespace gardu::host::tables
