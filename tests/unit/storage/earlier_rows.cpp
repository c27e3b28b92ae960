// SPDX-License-Identifier: Apache-2.0
#include "earlier_rows.hpp"

#include <soci/soci.h>

#include <deque>
#include <limits>

namespace gardu::storage::testing {
namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kAt = 1'790'000'000'123;

void add_first(std::vector<EarlierRow>& out, const std::string& w) {
  const std::string odd = odd_text(), a = w + "-a", c = w + "-c";
  const auto add = [&](const char* table, std::vector<std::pair<std::string, Value>> cells) {
    out.push_back({table, std::move(cells)});
  };
  add("workspaces", {{"id", w},
                     {"name", odd},
                     {"slug", w},
                     {"plan", "free"},
                     {"max_accounts", kLargest},
                     {"status", "active"},
                     {"settings", R"({"k":"v","n":[1,2]})"},
                     {"created_at", kAt}});
  add("users", {{"id", w + "-u"},
                {"email", w + "@Example.org"},
                {"name", odd},
                {"password_hash", "$argon2id$x"},
                {"created_at", kAt}});
  add("memberships",
      {{"workspace_id", w}, {"user_id", w + "-u"}, {"role", "owner"}, {"created_at", kAt}});
  add("tokens", {{"id", w + "-t"},
                 {"workspace_id", w},
                 {"hash", std::string(63, 'f') + w.back()},
                 {"kind", "api"},
                 {"name", odd},
                 {"role", "agent"},
                 {"user_id", nullptr},
                 {"scopes", R"(["read"])"},
                 {"accounts", nullptr},
                 {"expires_at", kLargest},
                 {"last_used_at", nullptr},
                 {"created_at", kAt}});
  add("accounts", {{"id", a},
                   {"workspace_id", w},
                   {"transport", "loopback"},
                   {"name", odd},
                   {"address", "+628120000"},  // the same in both workspaces
                   {"credentials", "c2VhbGVk"},
                   {"key_id", "k1"},
                   {"status", "ready"},
                   {"status_reason", nullptr},
                   {"last_connected_at", kAt},
                   {"limits", "{}"},
                   {"in_doubt", "hold"},
                   {"metadata", R"({"a":1})"},
                   {"created_at", kAt}});
  add("contacts", {{"id", c},
                   {"workspace_id", w},
                   {"account_id", a},
                   {"address", "628121111"},
                   {"phone", "+628121111"},
                   {"name", odd},
                   {"profile_picture_url", nullptr},
                   {"is_group", std::int64_t{0}},
                   {"labels", R"(["vip"])"},
                   {"custom_fields", R"({"x":"y"})"},
                   {"last_message_at", kAt + 2},
                   {"last_message_id", w + "-m2"},
                   {"unread", std::int64_t{7}},
                   {"archived", std::int64_t{1}},
                   {"blocked", std::int64_t{0}},
                   {"conversation_status", "pending"},
                   {"assigned_to", w + "-u"},
                   {"auto_reply", std::int64_t{1}},
                   {"created_at", kAt}});
  add("contact_identities", {{"workspace_id", w},
                             {"account_id", a},
                             {"kind", "phone"},
                             {"value", "+628121111"},
                             {"contact_id", c}});
  const auto message = [&](const std::string& id, const char* direction, const char* type,
                           const Value& text, const Value& content, const Value& provider,
                           std::int64_t at) {
    add("messages", {{"id", id},
                     {"workspace_id", w},
                     {"account_id", a},
                     {"contact_id", c},
                     {"client_ref", odd},
                     {"provider_message_id", provider},
                     {"raw_id", nullptr},
                     {"direction", direction},
                     {"chat_type", "private"},
                     {"type", type},
                     {"sender", nullptr},
                     {"text", text},
                     {"content", content},
                     {"reply_to_message_id", nullptr},
                     {"reply_to_provider_id", nullptr},
                     {"forwarded", std::int64_t{1}},
                     {"status", "delivered"},
                     {"priority", "low"},
                     {"error", nullptr},
                     {"sent_by", R"({"kind":"api"})"},
                     {"metadata", R"({"deep":{"er":true}})"},
                     {"created_at", at},
                     {"sent_at", at},
                     {"delivered_at", at + 1},
                     {"read_at", nullptr},
                     {"played_at", nullptr},
                     {"failed_at", nullptr},
                     {"edited_at", nullptr},
                     {"deleted_at", nullptr},
                     {"occurred_at", at - 1}});
  };
  // The provider's id is one for both workspaces: unique in an account only.
  message(w + "-m1", "inbound", "text", odd + " pelangi", nullptr, "wamid.same", kAt);
  message(w + "-m2", "outbound", "image", nullptr,
          R"({"media":{"id":"x","caption":"kucing hitam"}})", nullptr, kAt + 2);
  message(w + "-m3", "inbound", "text", long_text(), nullptr, "wamid.long", kAt + 1);
  add("early_statuses", {{"account_id", a},
                         {"provider_message_id", "wamid.early"},
                         {"status", "read"},
                         {"at", kAt},
                         {"error", nullptr}});
  add("media", {{"id", w + "-f"},
                {"workspace_id", w},
                {"sha256", std::string(64, 'a')},
                {"mime_type", "image/png"},
                {"size", kLargest},
                {"file_name", odd},
                {"path", w + "/aa/" + std::string(64, 'a')},
                {"state", "ready"},
                {"created_at", kAt}});
  add("labels", {{"id", w + "-l"},
                 {"workspace_id", w},
                 {"name", odd},
                 {"color", "#ff0000"},
                 {"created_at", kAt}});
  add("contact_labels", {{"workspace_id", w}, {"contact_id", c}, {"label_id", w + "-l"}});
  const std::int64_t seq = w == "w1" ? 1 : 2;
  add("journal", {{"seq", seq},
                  {"id", w + "-e"},
                  {"type", "message.received"},
                  {"workspace_id", w},
                  {"account_id", a},
                  {"contact_id", c},
                  {"message_id", w + "-m1"},
                  {"occurred_at", kAt - 1},
                  {"recorded_at", kAt},
                  {"source", "plugin:loopback"},
                  {"data", R"({"text":"🦆"})"}});
  add("outbox", {{"message_id", w + "-m2"},
                 {"workspace_id", w},
                 {"account_id", a},
                 {"contact_id", c},
                 {"lane", a + "/" + c},
                 {"priority", std::int64_t{3}},
                 {"not_before", kLargest},
                 {"attempts", std::int64_t{2}},
                 {"state", "held"},
                 {"lease_holder", nullptr},
                 {"lease_until", nullptr},
                 {"last_error", odd},
                 {"created_at", kAt}});
  add("idempotency", {{"workspace_id", w},
                      {"\"key\"", "Key"},
                      {"route", "POST /api/v1/messages"},
                      {"request_hash", std::string(64, 'b')},
                      {"status", std::int64_t{202}},
                      {"body", long_text()},
                      {"expires_at", kLargest}});
  add("plugin_settings", {{"workspace_id", w},
                          {"plugin", "auto_reply"},
                          {"settings", R"({"on":true})"},
                          {"updated_at", kAt}});
  add("audit", {{"id", w + "-x"},
                {"workspace_id", w},
                {"actor", "user"},
                {"action", "update"},
                {"object", odd},
                {"before_state", nullptr},
                {"after_state", "{}"},
                {"ip", "::1"},
                {"at", kAt}});
}

void add_second(std::vector<EarlierRow>& out) {
  out.push_back({"plugin_tables", {{"name", "campaign_runs"}, {"plugin", "campaign"}}});
  out.push_back({"plugin_migrations",
                 {{"plugin", "campaign"},
                  {"number", std::int64_t{1}},
                  {"name", "first"},
                  {"\"sql\"", odd_text() + long_text()},
                  {"applied_at", kAt}}});
  out.push_back({"plugin_kv",
                 {{"plugin", "campaign"},
                  {"\"key\"", "Ключ"},
                  {"value", "AAEC/w=="},
                  {"expires_at", kLargest},
                  {"updated_at", kAt}}});
  for (const char* state : {"waiting", "parked"})
    out.push_back({"event_backlog",
                   {{"plugin", std::string("p-") + state},
                    {"seq", std::int64_t{1}},
                    {"lane", "lane"},
                    {"state", state},
                    {"attempts", std::int64_t{5}},
                    {"not_before", kAt},
                    {"error", odd_text()},
                    {"updated_at", kAt}}});
}

}  // namespace

std::string odd_text() {
  return "O'Brien \"x\" \\ %_; drop table messages; -- 🦆 e\xCC\x81 عربي\t:name ?";
}

std::string long_text() {
  std::string out;
  while (out.size() < 300'000) out += "kata-" + std::to_string(out.size()) + " ";
  return out;
}

std::vector<EarlierRow> earlier_rows(int version) {
  std::vector<EarlierRow> out;
  add_first(out, "w1");
  add_first(out, "w2");
  out.push_back(
      {"nodes", {{"id", "node-1"}, {"started_at", std::int64_t{1}}, {"last_seen_at", kLargest}}});
  out.push_back({"cursors",
                 {{"plugin", "auto_reply"},
                  {"seq", std::int64_t{2}},
                  {"lease_holder", "node-1"},
                  {"lease_until", kLargest}}});
  if (version >= 2) add_second(out);
  return out;
}

namespace {

// Runs a statement with these values, each in its own place.
int execute(soci::session& session, const std::string& sql, const EarlierRow& row,
            bool with_result) {
  std::deque<long long> numbers;
  std::deque<std::string> texts;
  soci::statement statement(session);
  statement.alloc();
  int result = 0;
  if (with_result) statement.exchange(soci::into(result));
  for (const auto& [column, value] : row.cells) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      numbers.push_back(*number);
      statement.exchange(soci::use(numbers.back()));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      texts.push_back(*text);
      statement.exchange(soci::use(texts.back()));
    }
  }
  statement.prepare(sql);
  statement.define_and_bind();
  statement.execute(true);
  return result;
}

}  // namespace

void insert(const EmptyDatabase& database, const std::vector<EarlierRow>& rows) {
  const auto session = database.session();
  for (const EarlierRow& row : rows) {
    std::string columns, values;
    for (const auto& [column, value] : row.cells) {
      columns += (columns.empty() ? "" : ", ") + column;
      values += values.empty() ? "" : ", ";
      values += std::holds_alternative<std::nullptr_t>(value)
                    ? "null"
                    : ":v" + std::to_string(values.size());
    }
    execute(*session, "insert into " + row.table + " (" + columns + ") values (" + values + ")",
            row, false);
  }
  *session << "update counters set value = 2 where name = 'journal'";
}

int count_equal(const EmptyDatabase& database, const EarlierRow& row) {
  const auto session = database.session();
  std::string where;
  for (const auto& [column, value] : row.cells)
    where +=
        (where.empty() ? "" : " and ") + column +
        (std::holds_alternative<std::nullptr_t>(value) ? " is null"
                                                       : " = :v" + std::to_string(where.size()));
  return execute(*session, "select count(*) from " + row.table + " where " + where, row, true);
}

}  // namespace gardu::storage::testing
