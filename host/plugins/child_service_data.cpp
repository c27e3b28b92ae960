// SPDX-License-Identifier: Apache-2.0
// The database, values, files and records of a plugin in a process of its own.
#include "plugins/child_service.hpp"
#include "plugins/instance.hpp"

namespace gardu::host {
namespace {

using storage::SqlValue;

SqlValue take_value(wire::Reader& in) {
  SqlValue v;
  in.into(v.kind, v.integer, v.real, v.text);
  return v;
}

}  // namespace

std::string ChildCode::Service::execute(wire::Reader& in) {
  const auto sql = in.get<std::string_view>();
  const bool wants_rows = in.get<bool>();
  std::vector<SqlValue> parameters;
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count; ++i) parameters.push_back(take_value(in));
  std::string rows;
  wire::Writer out(rows);
  std::uint32_t row_count = 0;
  storage::plugin_sql::OnRow on_row;
  if (wants_rows)
    on_row = [&](std::span<const SqlValue> row) {
      out.put(static_cast<std::uint32_t>(row.size()));
      for (const SqlValue& v : row) out.put(v.kind, v.integer, v.real, v.text);
      ++row_count;
      return true;
    };
  const auto changed = plugin_.execute(sql, parameters, on_row);
  if (!changed) return wire::pack(changed.status());
  return wire::pack(Status{}, *changed, row_count) + rows;
}

std::string ChildCode::Service::handle_data(FrameKind kind, wire::Reader& in) {
  using std::chrono::microseconds;
  switch (kind) {
    case FrameKind::migrate: {
      std::vector<storage::PluginMigration> list;
      const auto count = in.get<std::uint32_t>();
      for (std::uint32_t i = 0; i < count; ++i) {
        auto& m = list.emplace_back();
        in.into(m.number, m.name, m.sql);
      }
      return wire::pack(plugin_.migrate(std::move(list)));
    }
    case FrameKind::execute:
      return execute(in);
    case FrameKind::kv_get: {
      const auto value = plugin_.kv_get(in.get<std::string_view>());
      return value ? wire::pack(Status{}, *value) : wire::pack(value.status());
    }
    case FrameKind::kv_put: {
      const auto key = in.get<std::string_view>(), value = in.get<std::string_view>();
      return wire::pack(plugin_.kv_put(key, value, microseconds(in.get<std::int64_t>())));
    }
    case FrameKind::kv_compare_and_put: {
      const auto key = in.get<std::string_view>();
      const auto expected = in.get<std::optional<std::string_view>>();
      const auto value = in.get<std::string_view>();
      const auto done =
          plugin_.kv_compare_and_put(key, expected, value, microseconds(in.get<std::int64_t>()));
      return done ? wire::pack(Status{}, *done) : wire::pack(done.status());
    }
    case FrameKind::kv_erase:
      return wire::pack(plugin_.kv_erase(in.get<std::string_view>()));
    case FrameKind::kv_scan: {
      const auto prefix = in.get<std::string_view>(), after = in.get<std::string_view>();
      std::vector<std::pair<std::string, std::string>> found;
      const Status status = plugin_.kv_scan(prefix, after, in.get<std::uint32_t>(),
                                            [&](std::string_view key, std::string_view value) {
                                              found.emplace_back(key, value);
                                              return true;
                                            });
      return wire::pack(status, found);
    }
    default:
      return handle_files(kind, in);
  }
}

std::string ChildCode::Service::handle_files(FrameKind kind, wire::Reader& in) {
  switch (kind) {
    case FrameKind::media_open: {
      MediaInfo info;
      in.into(info.workspace_id, info.mime_type, info.file_name);
      const auto handle = plugin_.media_open(info);
      return handle ? wire::pack(Status{}, *handle) : wire::pack(handle.status());
    }
    case FrameKind::media_append: {
      const auto writer = in.get<std::uint64_t>();
      return wire::pack(plugin_.media_append(writer, in.get<std::string_view>()));
    }
    case FrameKind::media_finish: {
      const auto writer = in.get<std::uint64_t>();
      const auto id = plugin_.media_finish(writer, in.get<bool>());
      return id ? wire::pack(Status{}, *id) : wire::pack(id.status());
    }
    case FrameKind::media_stat: {
      const auto workspace = in.get<std::string_view>();
      const auto i = plugin_.media_stat(workspace, in.get<std::string_view>());
      if (!i) return wire::pack(i.status());
      return wire::pack(Status{}, i->workspace_id, i->id, i->mime_type, i->file_name, i->sha256,
                        i->bytes);
    }
    case FrameKind::media_read: {
      const auto workspace = in.get<std::string_view>(), id = in.get<std::string_view>();
      const auto offset = in.get<std::uint64_t>();
      const auto bytes = plugin_.media_read(workspace, id, offset, in.get<std::uint64_t>());
      return bytes ? wire::pack(Status{}, *bytes) : wire::pack(bytes.status());
    }
    case FrameKind::find_records: {
      DirectoryQuery q;
      in.into(q.kind, q.workspace_id, q.id, q.account_id, q.identity, q.label, q.text, q.cursor,
              q.limit);
      std::vector<std::pair<std::string, std::string>> found;
      const auto next = plugin_.find_records(q, [&](std::string_view id, std::string_view json) {
        found.emplace_back(id, json);
        return true;
      });
      return next ? wire::pack(Status{}, *next, found) : wire::pack(next.status());
    }
    case FrameKind::update_contact: {
      const auto workspace = in.get<std::string_view>(), contact = in.get<std::string_view>();
      return wire::pack(plugin_.update_contact(workspace, contact, in.get<std::string_view>()));
    }
    case FrameKind::workspace_settings: {
      const auto text = plugin_.workspace_settings(in.get<std::string_view>());
      return text ? wire::pack(Status{}, *text) : wire::pack(text.status());
    }
    default:
      return wire::pack(Status::unsupported("no such service"));
  }
}

}  // namespace gardu::host
