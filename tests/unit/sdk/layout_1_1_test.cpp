// SPDX-License-Identifier: Apache-2.0
//
// The layout of what version 1.1 added; the rules are those of layout_test.cpp.
#include <gardu/abi/ext/db.h>
#include <gardu/abi/ext/directory.h>
#include <gardu/abi/ext/executor.h>
#include <gardu/abi/ext/http_client.h>
#include <gardu/abi/ext/kv.h>
#include <gardu/abi/ext/media.h>
#include <gardu/abi/ext/settings.h>
#include <gardu/abi/ext/thread_check.h>
#include <gardu/abi/ext/transport.h>

#include <cstddef>

#define SIZE(type, bytes) static_assert(sizeof(type) == bytes, #type)
#define AT(type, field, bytes) static_assert(offsetof(type, field) == bytes, #type "." #field)

SIZE(gardu_value, 40);
AT(gardu_value, kind, 0);
AT(gardu_value, reserved, 4);
AT(gardu_value, integer, 8);
AT(gardu_value, real, 16);
AT(gardu_value, text, 24);

SIZE(gardu_migration, 40);
AT(gardu_migration, size, 0);
AT(gardu_migration, number, 4);
AT(gardu_migration, name, 8);
AT(gardu_migration, sql, 24);

SIZE(gardu_host_db, 32);
AT(gardu_host_db, size, 0);
AT(gardu_host_db, reserved, 4);
AT(gardu_host_db, migrate, 8);
AT(gardu_host_db, execute, 16);
AT(gardu_host_db, transaction, 24);

SIZE(gardu_directory_query, 128);
AT(gardu_directory_query, size, 0);
AT(gardu_directory_query, kind, 4);
AT(gardu_directory_query, limit, 8);
AT(gardu_directory_query, reserved, 12);
AT(gardu_directory_query, workspace_id, 16);
AT(gardu_directory_query, id, 32);
AT(gardu_directory_query, account_id, 48);
AT(gardu_directory_query, identity, 64);
AT(gardu_directory_query, label, 80);
AT(gardu_directory_query, text, 96);
AT(gardu_directory_query, cursor, 112);

SIZE(gardu_host_directory, 24);
AT(gardu_host_directory, size, 0);
AT(gardu_host_directory, reserved, 4);
AT(gardu_host_directory, find, 8);
AT(gardu_host_directory, update_contact, 16);

SIZE(gardu_host_executor, 16);
AT(gardu_host_executor, size, 0);
AT(gardu_host_executor, reserved, 4);
AT(gardu_host_executor, post, 8);

SIZE(gardu_http_call, 80);
AT(gardu_http_call, size, 0);
AT(gardu_http_call, header_count, 4);
AT(gardu_http_call, method, 8);
AT(gardu_http_call, url, 24);
AT(gardu_http_call, headers, 40);
AT(gardu_http_call, body, 48);
AT(gardu_http_call, deadline, 64);
AT(gardu_http_call, max_answer, 72);

SIZE(gardu_http_answer, 56);
AT(gardu_http_answer, size, 0);
AT(gardu_http_answer, progress, 4);
AT(gardu_http_answer, status, 8);
AT(gardu_http_answer, header_count, 12);
AT(gardu_http_answer, headers, 16);
AT(gardu_http_answer, body, 24);
AT(gardu_http_answer, error, 40);

SIZE(gardu_host_http_client, 16);
AT(gardu_host_http_client, size, 0);
AT(gardu_host_http_client, reserved, 4);
AT(gardu_host_http_client, request, 8);

SIZE(gardu_host_kv, 48);
AT(gardu_host_kv, size, 0);
AT(gardu_host_kv, reserved, 4);
AT(gardu_host_kv, get, 8);
AT(gardu_host_kv, put, 16);
AT(gardu_host_kv, compare_and_put, 24);
AT(gardu_host_kv, erase, 32);
AT(gardu_host_kv, scan, 40);

SIZE(gardu_media_info, 96);
AT(gardu_media_info, size, 0);
AT(gardu_media_info, reserved, 4);
AT(gardu_media_info, workspace_id, 8);
AT(gardu_media_info, id, 24);
AT(gardu_media_info, mime_type, 40);
AT(gardu_media_info, file_name, 56);
AT(gardu_media_info, sha256, 72);
AT(gardu_media_info, bytes, 88);

SIZE(gardu_host_media, 48);
AT(gardu_host_media, size, 0);
AT(gardu_host_media, reserved, 4);
AT(gardu_host_media, open, 8);
AT(gardu_host_media, append, 16);
AT(gardu_host_media, finish, 24);
AT(gardu_host_media, stat, 32);
AT(gardu_host_media, read, 40);

SIZE(gardu_host_settings, 16);
AT(gardu_host_settings, size, 0);
AT(gardu_host_settings, reserved, 4);
AT(gardu_host_settings, of_workspace, 8);

SIZE(gardu_host_thread_check, 16);
AT(gardu_host_thread_check, size, 0);
AT(gardu_host_thread_check, reserved, 4);
AT(gardu_host_thread_check, on_plugin_thread, 8);

SIZE(gardu_action, 80);
AT(gardu_action, size, 0);
AT(gardu_action, kind, 4);
AT(gardu_action, account_id, 8);
AT(gardu_action, to, 24);
AT(gardu_action, target, 40);
AT(gardu_action, text, 56);
AT(gardu_action, value, 72);

SIZE(gardu_action_done, 16);
AT(gardu_action_done, context, 0);
AT(gardu_action_done, done, 8);

#undef SIZE
#undef AT
