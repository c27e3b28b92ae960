// SPDX-License-Identifier: Apache-2.0
#include "event/json.hpp"

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "event/object_fields.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

json parsed(const std::string& text, json otherwise) {
  if (text.empty()) return otherwise;
  json j = json::parse(text, nullptr, false);
  return j.is_discarded() ? otherwise : j;
}
json parsed(const std::optional<std::string>& text, json otherwise) {
  return text ? parsed(*text, std::move(otherwise)) : otherwise;
}

json time_or_null(const std::optional<std::int64_t>& at) {
  return at ? json(rfc3339_ms(*at)) : json(nullptr);
}
template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

std::string text_at(const json& j, const char* key) {
  const auto it = j.find(key);
  return it != j.end() && it->is_string() ? it->get<std::string>() : std::string();
}
std::optional<std::string> maybe_text(const json& j, const char* key) {
  const auto it = j.find(key);
  if (it == j.end() || !it->is_string()) return std::nullopt;
  return it->get<std::string>();
}
bool flag_at(const json& j, const char* key) {
  const auto it = j.find(key);
  return it != j.end() && it->is_boolean() && it->get<bool>();
}
std::optional<std::int64_t> time_at(const json& j, const char* key) {
  const auto text = maybe_text(j, key);
  return text ? parse_rfc3339(*text) : std::nullopt;
}

// Fields of one object as JSON values.
class ValueSink {
 public:
  explicit ValueSink(json& out) : out_(out) {}
  void text(const char* key, const std::string& value) { out_[key] = value; }
  void maybe_text(const char* key, const std::optional<std::string>& value) {
    out_[key] = or_null(value);
  }
  void flag(const char* key, bool value) { out_[key] = value; }
  void number(const char* key, std::int64_t value) { out_[key] = value; }
  void time(const char* key, const std::optional<std::int64_t>& at) {
    out_[key] = time_or_null(at);
  }
  void value(const char* key, const nlohmann::json& value) { out_[key] = value; }
  void json_text(const char* key, const std::optional<std::string>& text, const char* otherwise) {
    out_[key] = parsed(text, nlohmann::json::parse(otherwise));
  }
  template <class F>
  void object(const char* key, F&& fill) {
    ValueSink inner(out_[key] = nlohmann::json::object());
    fill(inner);
  }
  template <class List, class F>
  void list(const char* key, const List& elements, F&& fill) {
    nlohmann::json& all = out_[key] = nlohmann::json::array();
    for (const auto& element : elements) {
      ValueSink inner(all.emplace_back(nlohmann::json::object()));
      fill(inner, element);
    }
  }

 private:
  nlohmann::json& out_;
};

}  // namespace

json message_json(const storage::Message& m) {
  json j = json::object();
  ValueSink sink(j);
  put_message(sink, m);
  return j;
}

json contact_json(const storage::Contact& c) {
  json j = json::object();
  ValueSink sink(j);
  put_contact(sink, c);
  return j;
}

json account_json(const storage::Account& a) {
  return {{"id", a.id},
          {"workspace_id", a.workspace_id},
          {"transport", a.transport},
          {"name", a.name},
          {"address", a.address},
          {"status", a.status},
          {"status_reason", or_null(a.status_reason)},
          {"last_connected_at", time_or_null(a.last_connected_at)},
          {"in_doubt", a.in_doubt},
          {"limits", parsed(a.limits, json::object())},
          {"metadata", parsed(a.metadata, json::object())}};
}

// Ids, types and sources are made of characters that JSON needs no escapes for.
std::string event_text(const storage::JournalEntry& e) {
  const auto quoted = [](const std::string& s) { return "\"" + s + "\""; };
  const auto maybe = [&](const std::optional<std::string>& s) { return s ? quoted(*s) : "null"; };
  return "{\"seq\":" + (e.seq > 0 ? std::to_string(e.seq) : "null") + ",\"id\":" + quoted(e.id) +
         ",\"type\":" + quoted(e.type) + ",\"workspace_id\":" + quoted(e.workspace_id) +
         ",\"account_id\":" + maybe(e.account_id) + ",\"contact_id\":" + maybe(e.contact_id) +
         ",\"occurred_at\":" + quoted(rfc3339_ms(e.occurred_at)) +
         ",\"recorded_at\":" + quoted(rfc3339_ms(e.recorded_at)) +
         ",\"source\":" + quoted(e.source) + ",\"data\":" + (e.data.empty() ? "{}" : e.data) + "}";
}

storage::Message message_from_json(const json& j) {
  storage::Message m;
  m.id = text_at(j, "id");
  m.workspace_id = text_at(j, "workspace_id");
  m.account_id = text_at(j, "account_id");
  m.contact_id = text_at(j, "contact_id");
  m.client_ref = maybe_text(j, "client_ref");
  m.provider_message_id = maybe_text(j, "provider_message_id");
  m.direction = text_at(j, "direction");
  m.chat_type = text_at(j, "chat_type");
  m.type = text_at(j, "type");
  m.status = text_at(j, "status");
  m.priority = text_at(j, "priority");
  m.forwarded = flag_at(j, "forwarded");
  m.text = maybe_text(j, "text");
  if (const auto it = j.find("sender"); it != j.end()) m.sender = it->dump();
  if (const auto it = j.find("sent_by"); it != j.end()) m.sent_by = it->dump();
  if (const auto it = j.find("metadata"); it != j.end()) m.metadata = it->dump();
  json content = json::object();
  for (const char* key : kContentKeys)
    if (const auto it = j.find(key); it != j.end()) content[key] = *it;
  if (!content.empty()) m.content = content.dump();
  if (const auto it = j.find("reply_to"); it != j.end() && it->is_object()) {
    m.reply_to_message_id = maybe_text(*it, "message_id");
    m.reply_to_provider_id = maybe_text(*it, "provider_message_id");
  }
  m.created_at = time_at(j, "created_at").value_or(0);
  m.sent_at = time_at(j, "sent_at");
  m.delivered_at = time_at(j, "delivered_at");
  m.read_at = time_at(j, "read_at");
  return m;
}

storage::Contact contact_from_json(const json& j) {
  storage::Contact c;
  c.id = text_at(j, "id");
  c.account_id = text_at(j, "account_id");
  c.address = text_at(j, "address");
  c.phone = maybe_text(j, "phone");
  c.name = maybe_text(j, "name");
  c.is_group = flag_at(j, "is_group");
  return c;
}

}  // namespace gardu::host
