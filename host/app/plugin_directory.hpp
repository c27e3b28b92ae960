// SPDX-License-Identifier: Apache-2.0
//
// What gardu.directory/1 answers: accounts and contacts as the REST interface shows them, in its
// pages, and the change of a contact. Blocks on the database, whose own troubles are thrown as
// storage::Error.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include <gardu/directory.hpp>
#include <gardu/result.hpp>

#include "storage/writer.hpp"

namespace gardu::host {

// Shows each record of a page after the database has been let go of, so `on_record` may use it; it
// returns false to stop. The next page's cursor: behind the last record shown, empty at the end.
// GARDU_NOT_FOUND: no such workspace. GARDU_INVALID: a field that is malformed, or not one of this
// kind; the text names it.
Result<std::string> find_records(
    storage::Database& database, const DirectoryQuery& query,
    const std::function<bool(std::string_view id, std::string_view json)>& on_record);

// Within the caller's transaction: the contact, and the events contact.updated and
// conversation.updated, as far as the patch has something of them, with source "plugin:<id>".
// GARDU_INVALID (the text names the key) and GARDU_NOT_FOUND change nothing.
Status update_contact(storage::Transaction& tx, const std::string& plugin,
                      std::string_view workspace_id, std::string_view contact_id,
                      std::string_view patch);

}  // namespace gardu::host
