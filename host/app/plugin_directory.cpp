// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_directory.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/crypto.hpp"
#include "base/utf8.hpp"
#include "event/json.hpp"
#include "event/object_text.hpp"
#include "journal/events.hpp"
#include "journal/identity.hpp"
#include "storage/workspaces.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

constexpr std::uint32_t kMostRecords = 200;
constexpr int kDeepestPatch = 64;
constexpr std::size_t kLongestPatch = 1U << 20U;

// What the caller did wrong; the text names the field.
class Wrong : public std::runtime_error {
 public:
  Wrong(const std::string& field, const std::string& what)
      : std::runtime_error(field + ": " + what) {}
};

struct Record {
  std::string id, json, cursor;  // cursor: of what comes after it
};

struct Page {
  bool workspace = false;
  std::vector<Record> records;
  bool more = false;
};

std::string dumped(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

// Cursors are those of the REST interface: the place of the last record in the page's order.
std::string cursor_of(const std::vector<std::string>& parts) {
  return base64url_encode(json(parts).dump());
}

std::vector<std::string> cursor_parts(const std::string& cursor, std::size_t count) {
  if (cursor.empty()) return {};
  const auto raw = cursor.size() < 256 ? base64url_decode(cursor) : std::nullopt;
  const json j = raw ? json::parse(*raw, nullptr, false) : json();
  const bool fine =
      j.is_array() && j.size() == count && std::all_of(j.begin(), j.end(), [](const json& part) {
        return part.is_string() && storable(part.get_ref<const std::string&>());
      });
  if (!fine) throw Wrong("cursor", "is not one that was given for this");
  return j.get<std::vector<std::string>>();
}

std::pair<std::int64_t, std::string> place_of(const std::vector<std::string>& parts) {
  std::int64_t at = 0;
  const char* const end = parts[0].data() + parts[0].size();
  const auto [stop, failed] = std::from_chars(parts[0].data(), end, at);
  if (failed != std::errc{} || stop != end || at < 0)
    throw Wrong("cursor", "is not one that was given for this");
  return {at, parts[1]};
}

// A field that this kind does not have would be passed over, and show more than was asked for.
void check(const DirectoryQuery& q) {
  if (q.workspace_id.empty()) throw Wrong("workspace_id", "is required");
  if (q.kind != GARDU_RECORD_ACCOUNT && q.kind != GARDU_RECORD_CONTACT &&
      q.kind != GARDU_RECORD_LABEL)
    throw Wrong("kind", "is not known");
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, std::string_view>>{
           {"workspace_id", q.workspace_id},
           {"id", q.id},
           {"account_id", q.account_id},
           {"identity", q.identity},
           {"label", q.label},
           {"text", q.text}}) {
    if (!storable(value)) throw Wrong(name, "holds NUL or is no valid UTF-8");
  }
  if (q.kind != GARDU_RECORD_CONTACT)
    for (const auto& [name, value] :
         std::initializer_list<std::pair<const char*, std::string_view>>{
             {"account_id", q.account_id},
             {"identity", q.identity},
             {"label", q.label},
             {"text", q.text}}) {
      if (!value.empty()) throw Wrong(name, "is for contacts");
    }
  if (!q.identity.empty() && q.account_id.empty())
    throw Wrong("account_id", "is required with identity");
}

Record record_of(const storage::Account& a) {
  return {a.id, dumped(account_json(a)), cursor_of({a.id})};
}
Record record_of(const storage::Contact& c) {
  return {c.id, contact_text(c), cursor_of({std::to_string(c.last_message_at.value_or(0)), c.id})};
}

// One may be there beyond the limit: it says that there are more.
template <class Rows>
void fill(Page& page, const Rows& rows, std::size_t limit) {
  for (const auto& row : rows) {
    if (page.records.size() == limit) {
      page.more = true;
      return;
    }
    page.records.push_back(record_of(row));
  }
}

// The contact that the account knows under this identity, in any spelling of a phone number. What
// no address of WhatsApp looks like may be the bare value of an identity.
std::vector<storage::Contact> known_as(storage::Session& s, const DirectoryQuery& q) {
  std::vector<storage::Contact> found;
  if (const auto peer = parse_peer(q.identity))
    found = storage::contacts::find(s, q.account_id, {{peer->kind, peer->value}});
  if (found.empty())
    found = storage::contacts::find(
        s, q.account_id,
        {{"lid", q.identity}, {"group", q.identity}, {"bsuid", q.identity}, {"other", q.identity}});
  return found;
}

// `account_id` may be of another workspace.
void keep_own(std::vector<storage::Contact>& contacts, const DirectoryQuery& q) {
  std::erase_if(contacts, [&](const storage::Contact& c) {
    return c.workspace_id != q.workspace_id ||
           (!q.account_id.empty() && c.account_id != q.account_id) ||
           (!q.id.empty() && c.id != q.id);
  });
}

std::optional<std::string> maybe(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void read_accounts(storage::Session& s, const DirectoryQuery& q, std::size_t limit, Page& page) {
  if (!q.id.empty()) {
    if (const auto a = storage::accounts::get(s, q.workspace_id, q.id))
      page.records.push_back(record_of(*a));
    return;
  }
  const auto after = cursor_parts(q.cursor, 1);
  fill(page,
       storage::accounts::list(s, q.workspace_id, after.empty() ? "" : after[0],
                               static_cast<int>(limit) + 1),
       limit);
}

void read_contacts(storage::Session& s, const DirectoryQuery& q, std::size_t limit, Page& page) {
  if (!q.id.empty() || !q.identity.empty()) {
    std::vector<storage::Contact> contacts;
    if (!q.identity.empty()) {
      contacts = known_as(s, q);
    } else if (auto c = storage::contacts::get(s, q.workspace_id, q.id)) {
      contacts.push_back(std::move(*c));
    }
    keep_own(contacts, q);
    fill(page, contacts, contacts.size());
    for (Record& record : page.records) record.cursor.clear();
    return;
  }
  storage::ContactQuery query;
  query.workspace_id = q.workspace_id;
  query.account_id = maybe(q.account_id);
  query.label = maybe(q.label);
  query.q = maybe(q.text);
  query.limit = static_cast<int>(limit) + 1;
  if (const auto after = cursor_parts(q.cursor, 2); !after.empty()) query.after = place_of(after);
  fill(page, storage::contacts::list(s, query), limit);
}

Page read_page(storage::Session& s, const DirectoryQuery& q) {
  Page page;
  page.workspace = storage::workspaces::get(s, q.workspace_id).has_value();
  if (!page.workspace) return page;
  const std::size_t limit = q.limit == 0 ? kMostRecords : std::min(q.limit, kMostRecords);
  if (q.kind == GARDU_RECORD_ACCOUNT) read_accounts(s, q, limit, page);
  if (q.kind == GARDU_RECORD_CONTACT) read_contacts(s, q, limit, page);
  // Of labels no workspace has a list: they are words on contacts.
  return page;
}

}  // namespace

Result<std::string> find_records(
    storage::Database& database, const DirectoryQuery& query,
    const std::function<bool(std::string_view id, std::string_view json)>& on_record) {
  Page page;
  try {
    check(query);
    page = database.query([&](storage::Session& s) { return read_page(s, query); });
  } catch (const Wrong& e) {
    return Status::invalid(e.what());
  }
  if (!page.workspace) return Status(GARDU_NOT_FOUND, "no such workspace");
  for (std::size_t i = 0; i < page.records.size(); ++i) {
    const Record& record = page.records[i];
    const bool last = i + 1 == page.records.size() && !page.more;
    if (!on_record(record.id, record.json) || i + 1 == page.records.size())
      return last ? std::string() : record.cursor;
  }
  return std::string();
}

namespace {

// A member that stands twice would mean what its reader takes it for.
json parse_patch(std::string_view text) {
  if (text.size() > kLongestPatch) throw Wrong("patch", "is over 1 MiB");
  if (!storable(text)) throw Wrong("patch", "holds NUL or is no valid UTF-8");
  std::vector<std::set<std::string>> open;
  const json j = json::parse(
      text,
      [&](int depth, json::parse_event_t event, json& value) {
        if (depth > kDeepestPatch) throw Wrong("patch", "is nested too deeply");
        if (event == json::parse_event_t::object_start) open.emplace_back();
        if (event == json::parse_event_t::object_end) open.pop_back();
        if (event == json::parse_event_t::key &&
            !open.back().insert(value.get_ref<const std::string&>()).second)
          throw Wrong(value.get<std::string>(), "stands twice in one object");
        // An escape may spell what no text may hold.
        if (value.is_string() && has_nul(value.get_ref<const std::string&>()))
          throw Wrong("patch", "has a text that holds NUL");
        return true;
      },
      false);
  if (!j.is_object()) throw Wrong("patch", "is not a JSON object");
  return j;
}

// Reads an object's members by name; whatever was not asked for is not known. Null is as good as
// absent, except where `nulls` says that it clears.
class Members {
 public:
  Members(const json& object, std::string path) : object_(object), path_(std::move(path)) {}

  const json* find(const char* name, bool (json::*is_right)() const noexcept, const char* must) {
    known_.insert(name);
    const auto it = object_.find(name);
    if (it == object_.end() || it->is_null()) return nullptr;
    if (!(*it.*is_right)()) throw Wrong(path_ + name, must);
    return &*it;
  }
  std::optional<std::string> text(const char* name, std::size_t longest) {
    const json* v = find(name, &json::is_string, "must be a string");
    if (v == nullptr) return std::nullopt;
    if (v->get_ref<const std::string&>().size() > longest)
      throw Wrong(path_ + name, "is longer than " + std::to_string(longest) + " bytes");
    return v->get<std::string>();
  }
  void flag(const char* name, bool& out) {
    if (const json* v = find(name, &json::is_boolean, "must be true or false")) out = *v;
  }
  bool clears(const char* name) const {
    const auto it = object_.find(name);
    return it != object_.end() && it->is_null();
  }
  void done() const {
    for (const auto& [key, value] : object_.items())
      if (!known_.contains(key)) throw Wrong(path_ + key, "is not known here");
  }

 private:
  const json& object_;
  const std::string path_;
  std::set<std::string> known_;
};

void patch_conversation(const json& patch, storage::Contact& c) {
  Members m(patch, "conversation.");
  if (auto v = m.text("status", 40)) {
    if (*v != "open" && *v != "pending" && *v != "closed")
      throw Wrong("conversation.status", "must be one of open, pending, closed");
    c.conversation_status = *v;
  }
  if (auto v = m.text("assigned_to", 36)) c.assigned_to = v;
  if (m.clears("assigned_to")) c.assigned_to.reset();
  m.flag("auto_reply", c.auto_reply);
  m.done();
}

// Which of the two events it is for.
struct Patched {
  bool contact = false, conversation = false;
};

Patched patch_contact(const json& patch, storage::Contact& c) {
  Members m(patch, "");
  if (auto v = m.text("name", 255)) c.name = v->empty() ? std::nullopt : v;
  if (m.clears("name")) c.name.reset();
  if (const json* v = m.find("custom_fields", &json::is_object, "must be an object"))
    c.custom_fields = v->dump();
  if (const json* v = m.find("labels", &json::is_array, "must be a list of strings")) {
    if (!std::all_of(v->begin(), v->end(), [](const json& e) { return e.is_string(); }))
      throw Wrong("labels", "must be a list of strings");
    c.labels = v->dump();
  }
  m.flag("archived", c.archived);
  m.flag("blocked", c.blocked);
  const json* conversation = m.find("conversation", &json::is_object, "must be an object");
  if (conversation != nullptr) patch_conversation(*conversation, c);
  m.done();
  const bool has_conversation = patch.contains("conversation");
  return {patch.size() > (has_conversation ? 1U : 0U),
          conversation != nullptr && !conversation->empty()};
}

}  // namespace

Status update_contact(storage::Transaction& tx, const std::string& plugin,
                      std::string_view workspace_id, std::string_view contact_id,
                      std::string_view patch) {
  try {
    if (workspace_id.empty()) throw Wrong("workspace_id", "is required");
    const json change = parse_patch(patch);
    std::optional<storage::Contact> c;
    if (storable(workspace_id) && storable(contact_id))
      c = storage::contacts::get(tx, std::string(workspace_id), std::string(contact_id));
    if (!c) return {GARDU_NOT_FOUND, "the workspace has no such contact"};
    const Patched patched = patch_contact(change, *c);
    if (!patched.contact && !patched.conversation) return {};
    storage::contacts::update(tx, *c);
    const Origin origin{"plugin:" + plugin, 0, {}};
    if (patched.contact) append_contact(tx, "contact.updated", origin, *c);
    if (patched.conversation) append_conversation(tx, origin, *c);
    return {};
  } catch (const Wrong& e) {
    return Status::invalid(e.what());
  }
}

}  // namespace gardu::host
