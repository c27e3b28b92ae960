// SPDX-License-Identifier: Apache-2.0
//
// What a message says, by its type: one reader a type.
#include "content.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "repair.hpp"

namespace gardu::meta_cloud {
namespace {

// Each gets the member that has the type's name, an object unless it says otherwise.
using Reader = bool (*)(const Json& node, InboundMessage& m);

void copy_text(const Json& from, const char* key, Json& to, const char* as) {
  if (const Json* v = member(from, key); v != nullptr && v->is_string()) to[as] = *v;
}
void set_content(InboundMessage& m, const char* name, Json value) {
  m.content = dump(Json{{name, std::move(value)}});
}

bool read_text(const Json& node, InboundMessage& m) {
  const Json* body = member(node, "body");
  if (body == nullptr || !body->is_string()) return false;
  m.text = text_of(body);
  return true;
}

bool read_media(const Json& node, InboundMessage& m) {
  std::string id = id_of(member(node, "id"));
  if (id.empty()) return false;
  Json media{{"provider_id", std::move(id)}, {"state", "pending"}};
  copy_text(node, "mime_type", media, "mime_type");
  copy_text(node, "sha256", media, "sha256");
  copy_text(node, "caption", media, "caption");
  copy_text(node, "filename", media, "file_name");
  if (is_true(member(node, "animated"))) media["animated"] = true;
  if (m.type == GARDU_MESSAGE_AUDIO && is_true(member(node, "voice"))) m.type = GARDU_MESSAGE_VOICE;
  if (m.type == GARDU_MESSAGE_VOICE) media["voice"] = true;
  m.text = text_of(member(node, "caption"));
  set_content(m, "media", std::move(media));
  return true;
}

std::optional<double> coordinate(const Json* value, double limit) {
  if (value == nullptr) return std::nullopt;
  double n = 0;
  if (value->is_number()) {
    n = value->get<double>();
  } else {
    const std::string text = text_of(value);
    char* end = nullptr;
    n = std::strtod(text.c_str(), &end);
    if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
  }
  if (!std::isfinite(n) || std::abs(n) > limit) return std::nullopt;
  return n;
}

bool read_location(const Json& node, InboundMessage& m) {
  const auto latitude = coordinate(member(node, "latitude"), 90);
  const auto longitude = coordinate(member(node, "longitude"), 180);
  if (!latitude || !longitude) return false;
  Json location{{"latitude", *latitude}, {"longitude", *longitude}};
  for (const char* key : {"name", "address", "url"}) copy_text(node, key, location, key);
  set_content(m, "location", std::move(location));
  return true;
}

bool read_contacts(const Json& node, InboundMessage& m) {  // an array
  if (!node.is_array() || node.empty()) return false;
  if (!std::all_of(node.begin(), node.end(), [](const Json& c) { return c.is_object(); }))
    return false;
  set_content(m, "contacts", node);
  return true;
}

bool read_choice(const Json& node, const std::string& kind, InboundMessage& m) {
  const Json* reply = member(node, kind);
  const Json* id = member(reply, "id");
  const Json* title = member(reply, "title");
  if (id == nullptr || !id->is_string() || title == nullptr || !title->is_string()) return false;
  Json out{{"type", kind}, {"id", *id}, {"title", *title}};
  copy_text(*reply, "description", out, "description");
  m.text = text_of(title);
  set_content(m, "interactive", std::move(out));
  return true;
}

// A flow's answer is a JSON text inside the JSON, usually of an object.
bool read_flow_answer(const Json& node, InboundMessage& m) {
  const Json* reply = member(node, "nfm_reply");
  if (reply == nullptr || !reply->is_object()) return false;
  Json out{{"type", "nfm_reply"}};
  copy_text(*reply, "name", out, "name");
  copy_text(*reply, "body", out, "body");
  if (const Json* response = member(reply, "response_json")) {
    out["response"] = *response;
    const std::string text = text_of(response);
    if (!text.empty() && nesting_of(text) <= kMaxDepth / 2) {
      const auto parsed = parse_document(text);
      if (parsed && parsed->value->is_object() && is_clean(*parsed->value))
        out["response"] = *parsed->value;
    }
  }
  m.text = text_of(member(reply, "body"));
  set_content(m, "interactive", std::move(out));
  return true;
}

bool read_interactive(const Json& node, InboundMessage& m) {
  const std::string kind = text_of(member(node, "type"));
  if (kind == "button_reply" || kind == "list_reply") return read_choice(node, kind, m);
  if (kind == "nfm_reply") return read_flow_answer(node, m);
  if (kind != "call_permission_reply") return false;
  const Json* reply = member(node, kind);
  if (text_of(member(reply, "response")).empty()) return false;
  Json out = *reply;
  out["type"] = kind;
  set_content(m, "interactive", std::move(out));
  return true;
}

bool read_button(const Json& node, InboundMessage& m) {
  const Json* text = member(node, "text");
  if (text == nullptr || !text->is_string()) return false;
  Json out{{"text", *text}};
  copy_text(node, "payload", out, "payload");
  m.text = text_of(text);
  set_content(m, "button", std::move(out));
  return true;
}

bool read_order(const Json& node, InboundMessage& m) {
  const Json* items = member(node, "product_items");
  if (items == nullptr || !items->is_array()) return false;
  m.text = text_of(member(node, "text"));
  set_content(m, "order", node);
  return true;
}

bool read_system(const Json& node, InboundMessage& m) {
  if (!node.is_object() || text_of(member(node, "type")).empty()) return false;
  m.text = text_of(member(node, "body"));
  set_content(m, "system", node);
  return true;
}

// Only of our own, seen as an echo: the contact's are events of their own.
bool read_own_reaction(const Json& node, InboundMessage& m) {
  const std::string target = text_of(member(node, "message_id"));
  if (target.empty()) return false;
  set_content(m, "reaction",
              Json{{"message_id", target}, {"emoji", text_of(member(node, "emoji"))}});
  return true;
}

struct TypeRow {
  std::string_view name;
  gardu_message_type type;
  Reader read;
};
constexpr std::array kTypes{
    TypeRow{"text", GARDU_MESSAGE_TEXT, &read_text},
    TypeRow{"image", GARDU_MESSAGE_IMAGE, &read_media},
    TypeRow{"video", GARDU_MESSAGE_VIDEO, &read_media},
    TypeRow{"audio", GARDU_MESSAGE_AUDIO, &read_media},
    TypeRow{"voice", GARDU_MESSAGE_VOICE, &read_media},
    TypeRow{"document", GARDU_MESSAGE_DOCUMENT, &read_media},
    TypeRow{"sticker", GARDU_MESSAGE_STICKER, &read_media},
    TypeRow{"location", GARDU_MESSAGE_LOCATION, &read_location},
    TypeRow{"contacts", GARDU_MESSAGE_CONTACTS, &read_contacts},
    TypeRow{"interactive", GARDU_MESSAGE_INTERACTIVE, &read_interactive},
    TypeRow{"button", GARDU_MESSAGE_BUTTON, &read_button},
    TypeRow{"order", GARDU_MESSAGE_ORDER, &read_order},
    TypeRow{"system", GARDU_MESSAGE_SYSTEM, &read_system},
    TypeRow{"reaction", GARDU_MESSAGE_REACTION, &read_own_reaction},
};

}  // namespace

bool read_content(const Json& element, InboundMessage& message) {
  const std::string name = text_of(member(element, "type"));
  for (const TypeRow& row : kTypes) {
    if (row.name != name) continue;
    const Json* node = member(element, name);
    if (node == nullptr) return false;
    message.type = row.type;
    return row.read(*node, message);
  }
  return false;
}

std::optional<std::string> read_edited_text(const Json* message) {
  const std::string type = text_of(member(message, "type"));
  const Json* node = member(message, type);
  if (node == nullptr || !node->is_object()) return std::nullopt;
  const Json* text = member(node, type == "text" ? "body" : "caption");
  if (text == nullptr && type != "text") return std::string{};  // the caption was taken away
  if (text == nullptr || !text->is_string()) return std::nullopt;
  return text_of(text);
}

std::string read_metadata(const Json& element) {
  Json out = Json::object();
  if (const Json* referral = member(element, "referral"); referral && referral->is_object())
    out["referral"] = *referral;
  const Json* context = member(element, "context");
  if (const Json* product = member(context, "referred_product"); product && product->is_object())
    out["referred_product"] = *product;
  if (is_true(member(context, "frequently_forwarded"))) out["frequently_forwarded"] = true;
  return out.empty() ? std::string{} : dump(out);
}

}  // namespace gardu::meta_cloud
