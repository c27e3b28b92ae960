// SPDX-License-Identifier: Apache-2.0
//
// The body of a send: one writer a type.
#include "body.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "json.hpp"
#include "peer.hpp"
#include "repair.hpp"

namespace gardu::meta_cloud {
namespace {

// Characters; more than any limit when it is no UTF-8.
size_t characters_in(std::string_view s) {
  size_t n = 0;
  for (; !s.empty(); ++n) {
    const size_t length = utf8_length(s);
    if (length == 0) return SIZE_MAX;
    s.remove_prefix(length);
  }
  return n;
}

bool has_link(std::string_view s) {
  return s.find("https://") != std::string_view::npos ||
         s.find("http://") != std::string_view::npos;
}

Status check_text(std::string_view what, std::string_view text, size_t limit) {
  const size_t n = characters_in(text);
  if (n == SIZE_MAX) return Status::invalid(std::string(what) + " is not UTF-8");
  if (n <= limit) return {};
  return Status::invalid(std::string(what) + " has " + std::to_string(n) +
                         " characters, Meta's limit is " + std::to_string(limit));
}

Status write_text(const Letter& l, Json& body) {
  if (l.text.empty()) return Status::invalid("a text message needs a text");
  if (Status s = check_text("text", l.text, kTextLimit); !s.ok()) return s;
  body["text"] = Json{{"body", l.text}};
  if (has_link(l.text)) body["text"]["preview_url"] = true;
  return {};
}

// Meta's own id where it is known, else an address that Meta can fetch.
Status write_media_source(const Json* media, Json& out) {
  const std::string id = id_of(member(media, "provider_id"));
  if (!id.empty()) {
    out["id"] = id;
    return {};
  }
  std::string link = text_of(member(media, "link"));
  if (link.empty()) link = text_of(member(media, "url"));
  if (!link.starts_with("https://") && !link.starts_with("http://"))
    return Status::invalid("media needs a provider_id or a link that Meta can fetch");
  out["link"] = link;
  return {};
}

Status write_media(const Letter& l, const Json& content, Json& body, const char* name) {
  const Json* media = member(content, "media");
  Json out = Json::object();
  if (Status s = write_media_source(media, out); !s.ok()) return s;
  std::string caption{l.text};
  if (caption.empty()) caption = text_of(member(media, "caption"));
  const bool takes_caption = l.type == GARDU_MESSAGE_IMAGE || l.type == GARDU_MESSAGE_VIDEO ||
                             l.type == GARDU_MESSAGE_DOCUMENT;
  if (!caption.empty() && !takes_caption)
    return Status::invalid(std::string(name) + " takes no caption: send the text apart");
  if (!caption.empty()) {
    if (Status s = check_text("caption", caption, kCaptionLimit); !s.ok()) return s;
    out["caption"] = caption;
  }
  const std::string file_name = text_of(member(media, "file_name"));
  if (l.type == GARDU_MESSAGE_DOCUMENT && !file_name.empty()) out["filename"] = file_name;
  if (l.type == GARDU_MESSAGE_VOICE) out["voice"] = true;
  body[name] = std::move(out);
  return {};
}

Status write_location(const Json& content, Json& body) {
  const Json* location = member(content, "location");
  const Json* latitude = member(location, "latitude");
  const Json* longitude = member(location, "longitude");
  if (latitude == nullptr || !latitude->is_number() || longitude == nullptr ||
      !longitude->is_number())
    return Status::invalid("location needs latitude and longitude as numbers");
  Json out{{"latitude", *latitude}, {"longitude", *longitude}};
  for (const char* key : {"name", "address"})
    if (const std::string v = text_of(member(location, key)); !v.empty()) out[key] = v;
  body["location"] = std::move(out);
  return {};
}

Status write_contacts(const Json& content, Json& body) {
  const Json* contacts = member(content, "contacts");
  if (contacts == nullptr || !contacts->is_array() || contacts->empty())
    return Status::invalid("contacts needs at least one contact");
  for (const Json& c : *contacts)
    if (text_of(member(member(c, "name"), "formatted_name")).empty())
      return Status::invalid("every contact needs name.formatted_name");
  body["contacts"] = *contacts;
  return {};
}

Status write_interactive(const Letter& l, const Json& content, Json& body) {
  const Json* given = member(content, "interactive");
  if (given == nullptr || text_of(member(given, "type")).empty() ||
      member(given, "action") == nullptr)
    return Status::invalid("interactive needs type and action");
  Json out = *given;
  if (member(out, "body") == nullptr && !l.text.empty()) out["body"] = Json{{"text", l.text}};
  const std::string text = text_of(member(member(out, "body"), "text"));
  if (Status s = check_text("interactive.body.text", text, kCaptionLimit); !s.ok()) return s;
  body["interactive"] = std::move(out);
  return {};
}

Status write_template(const Json& content, Json& body) {
  const Json* given = member(content, "template");
  const Json* language = member(given, "language");
  if (text_of(member(given, "name")).empty() || language == nullptr)
    return Status::invalid("template needs name and language");
  Json out = *given;
  if (language->is_string()) out["language"] = Json{{"code", *language}};
  if (text_of(member(out["language"], "code")).empty())
    return Status::invalid("template.language needs a code");
  if (const Json* parts = member(out, "components"); parts != nullptr && parts->empty())
    out.erase("components");  // an empty list counts as parameters
  body["template"] = std::move(out);
  return {};
}

Status write_reaction(const Letter& l, const Json& content, Json& body) {
  const Json* reaction = member(content, "reaction");
  std::string target = text_of(member(reaction, "provider_message_id"));
  if (target.empty()) target = l.reply_to_provider_id;
  if (target.empty()) target = text_of(member(reaction, "message_id"));
  if (target.empty()) return Status::invalid("reaction needs the message that it is for");
  body["reaction"] = Json{{"message_id", target}, {"emoji", text_of(member(reaction, "emoji"))}};
  return {};
}

Status write_content(const Letter& l, const Json& content, Json& body) {
  const auto media = [&](const char* name) {
    body["type"] = name;
    return write_media(l, content, body, name);
  };
  const auto other = [&](const char* name) { body["type"] = name; };
  switch (l.type) {
    case GARDU_MESSAGE_TEXT:
      other("text");
      return write_text(l, body);
    case GARDU_MESSAGE_IMAGE:
      return media("image");
    case GARDU_MESSAGE_VIDEO:
      return media("video");
    case GARDU_MESSAGE_AUDIO:
    case GARDU_MESSAGE_VOICE:
      return media("audio");
    case GARDU_MESSAGE_DOCUMENT:
      return media("document");
    case GARDU_MESSAGE_STICKER:
      return media("sticker");
    case GARDU_MESSAGE_LOCATION:
      other("location");
      return write_location(content, body);
    case GARDU_MESSAGE_CONTACTS:
      other("contacts");
      return write_contacts(content, body);
    case GARDU_MESSAGE_INTERACTIVE:
      other("interactive");
      return write_interactive(l, content, body);
    case GARDU_MESSAGE_TEMPLATE:
      other("template");
      return write_template(content, body);
    case GARDU_MESSAGE_REACTION:
      other("reaction");
      return write_reaction(l, content, body);
    default:
      return Status::unsupported("the Cloud API sends no message of this type");
  }
}

// Digits go into "to", a business-scoped id into "recipient", anything else is a group's id.
Status write_recipient(const Letter& l, Json& body) {
  std::string_view to = l.to.starts_with('+') ? l.to.substr(1) : l.to;
  if (l.in_group) {
    if (to.empty()) return Status::invalid("the group has no id");
    body["recipient_type"] = "group";
    body["to"] = to;
    return {};
  }
  body["recipient_type"] = "individual";
  for (const std::string_view phone : l.phones)
    if (!is_phone(to) && !is_bsuid(to) && phone.size() > 1) to = phone.substr(1);
  for (const std::string_view id : l.bsuids)
    if (!is_phone(to) && !is_bsuid(to)) to = id;
  if (is_phone(to))
    body["to"] = to;
  else if (is_bsuid(to))
    body["recipient"] = to;
  else
    return Status::invalid("the contact has neither a phone number nor a business-scoped user id");
  return {};
}

}  // namespace

Letter letter_of(const Outbound& outbound) {
  const MessageView m = outbound.message();
  Letter l;
  l.type = m.type();
  l.message_id = m.id();
  l.to = outbound.to();
  l.text = m.text();
  l.content = m.content();
  l.reply_to_provider_id = m.reply_to_provider_id();
  l.in_group = m.in_group();
  const gardu_outbound& raw = outbound.raw();
  for (uint32_t i = 0; i < raw.identity_count; ++i) {
    const gardu_identity& identity = raw.identities[i];
    if (identity.kind == GARDU_IDENTITY_PHONE) l.phones.push_back(view(identity.value));
    if (identity.kind == GARDU_IDENTITY_BSUID) l.bsuids.push_back(view(identity.value));
  }
  return l;
}

Result<std::string> build_body(const Letter& l) {
  const auto content = parse_document(l.content.empty() ? "{}" : l.content);
  if (!content || !content->value->is_object())
    return Status::invalid("the message's content is no JSON object");
  Json body{{"messaging_product", "whatsapp"}};
  if (Status s = write_recipient(l, body); !s.ok()) return s;
  if (Status s = write_content(l, *content->value, body); !s.ok()) return s;
  if (!l.reply_to_provider_id.empty() && l.type != GARDU_MESSAGE_REACTION)
    body["context"] = Json{{"message_id", l.reply_to_provider_id}};
  if (!l.message_id.empty()) body["biz_opaque_callback_data"] = l.message_id;
  return dump(body);
}

}  // namespace gardu::meta_cloud
