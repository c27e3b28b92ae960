// SPDX-License-Identifier: Apache-2.0
//
// Accounts, contacts and labels, in C++; see abi/ext/directory.h.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "abi/ext/directory.h"
#include "detail/callbacks.hpp"

namespace gardu {

// Which records to find: what is empty narrows nothing.
struct DirectoryQuery {
  // What to find.
  gardu_record_kind kind = GARDU_RECORD_CONTACT;
  std::string workspace_id, /* required */
      id,                   /* this record alone */
      account_id,           /* contacts of this account */
      identity,             /* with account_id: the contact with this phone, LID or group id */
      label,                /* contacts that have this label */
      text,                 /* contacts by a part of name or number */
      cursor;               /* where the page before ended; empty: the first page */
  uint32_t limit = 0;       // 0: 200
};

// [any-thread & started], a cheap value. Everything blocks and throws Failure.
class Directory {
 public:
  // Throws Failure with GARDU_UNSUPPORTED where there is no gardu.directory/1. The host must
  // outlive it.
  explicit Directory(const gardu_host& host)
      : context_(host.context),
        table_(detail::need(detail::find<gardu_host_directory>(host, GARDU_EXT_DIRECTORY),
                            GARDU_EXT_DIRECTORY)) {}

  // f(id, json) for each record of a page; false from it stops. Returns the next page's cursor,
  // empty at the end.
  template <class F>
  std::string find(const DirectoryQuery& query, F&& f) const {
    gardu_directory_query raw{};
    raw.size = sizeof raw;
    raw.kind = query.kind;
    raw.limit = query.limit;
    raw.workspace_id = str(query.workspace_id);
    raw.id = str(query.id);
    raw.account_id = str(query.account_id);
    raw.identity = str(query.identity);
    raw.label = str(query.label);
    raw.text = str(query.text);
    raw.cursor = str(query.cursor);
    using Each = detail::Visitor<std::remove_reference_t<F>>;
    Each each(f);
    char next[256] = {};
    gardu_error error = Status::record();
    const int32_t code = table_.find(
        context_, &raw,
        [](void* user, gardu_str id, gardu_str json) noexcept {
          return (*static_cast<Each*>(user))(view(id), view(json));
        },
        &each, next, &error);
    each.rethrow();
    detail::check(code, error);
    return next;
  }
  // One record as JSON; nothing when it is not in this workspace.
  std::optional<std::string> get(gardu_record_kind kind, std::string_view workspace_id,
                                 std::string_view id) const {
    DirectoryQuery query;
    query.kind = kind;
    query.workspace_id = workspace_id;
    query.id = id;
    std::optional<std::string> out;
    (void)find(query, [&](std::string_view, std::string_view json) { out = std::string(json); });
    return out;
  }
  // `patch`: a JSON object as PATCH /contacts/{id} takes it.
  void update_contact(std::string_view workspace_id, std::string_view contact_id,
                      std::string_view patch) const {
    gardu_error error = Status::record();
    detail::check(
        table_.update_contact(context_, str(workspace_id), str(contact_id), str(patch), &error),
        error);
  }

 private:
  void* context_;
  const gardu_host_directory& table_;
};

}  // namespace gardu
