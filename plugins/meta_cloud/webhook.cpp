// SPDX-License-Identifier: Apache-2.0
//
// The envelope: entries, changes, and the arrays in them.
#include "webhook.hpp"

#include <nlohmann/json.hpp>

#include "change.hpp"

namespace gardu::meta_cloud {
namespace {

// Containers around an element of messages[]: root, entry, [0], changes, [0], value, messages.
constexpr int kDepthOfElements = 7;

// A lone object in an array's place is taken for its only element.
template <class F>
void for_each_element(const Json* list, F&& f) {
  if (list == nullptr || list->is_null()) return;
  if (!list->is_array()) {
    f(*list);
    return;
  }
  for (const Json& element : *list) f(element);
}

class Reader {
 public:
  Reader(Accounts& accounts, bool cut, Webhook& out) : accounts_(accounts), cut_(cut), out_(out) {}

  void read_entry(const Json& entry) {
    if (!entry.is_object()) {
      ++out_.malformed;
      return;
    }
    const std::string business_id = id_of(member(entry, "id"));
    for_each_element(member(entry, "changes"),
                     [&](const Json& change) { read_change(change, business_id); });
  }

 private:
  void read_change(const Json& change, const std::string& business_id) {
    const Json* value = member(change, "value");
    if (value == nullptr || !value->is_object()) {
      ++out_.malformed;
      return;
    }
    const std::string field = text_of(member(change, "field"));
    if (field == "messages")
      read_number(*value, business_id, false);
    else if (field == "smb_message_echoes")
      read_number(*value, business_id, true);
    else if (!is_clean(*value))
      ++out_.malformed;
    else if (!read_account_field(field, *value, business_id, accounts_, out_))
      ++out_.ignored_fields[field.substr(0, 64)];
  }

  void read_number(const Json& value, const std::string& business_id, bool echoes) {
    const Json* metadata = member(value, "metadata");
    const std::string number = id_of(member(metadata, "phone_number_id"));
    const KnownAccount* account = accounts_.by_phone_number_id(number);
    if (account == nullptr) {
      out_.unknown_numbers.insert(number.substr(0, 64));
      return;
    }
    accounts_.learn(account->id, business_id,
                    digits_of(id_of(member(metadata, "display_phone_number"))));
    const Change change(value, account->id, cut_);
    if (echoes) {
      read_messages(member(value, "message_echoes"), change, GARDU_OUTBOUND);
      return;
    }
    read_messages(member(value, "messages"), change, GARDU_INBOUND);
    for_each_element(member(value, "statuses"),
                     [&](const Json& element) { read_status(element, change, out_); });
    for_each_element(member(value, "errors"), [&](const Json& error) {
      out_.publications.push_back(read_number_error(error, change));
    });
  }

  void read_messages(const Json* list, const Change& change, gardu_direction direction) {
    for_each_element(list, [&](const Json& element) {
      out_.publications.push_back(read_message(element, change, direction));
      const auto& message = out_.publications.back().message;
      if (message && message->type == GARDU_MESSAGE_UNSUPPORTED) ++out_.unsupported;
    });
  }

  Accounts& accounts_;
  bool cut_;
  Webhook& out_;
};

}  // namespace

Change::Change(const Json& value, std::string account_id, bool cut)
    : account_id_(std::move(account_id)), cut_(cut) {
  for_each_element(member(value, "contacts"), [&](const Json& contact) {
    const std::string wa_id = id_of(member(contact, "wa_id"));
    const std::string user_id = text_of(member(contact, "user_id"));
    if (!wa_id.empty()) by_wa_id_.emplace(wa_id, &contact);
    if (!user_id.empty()) by_user_id_.emplace(user_id, &contact);
  });
}

bool Change::is_whole(const Json& element) const {
  return is_clean(element) && (!cut_ || depth_of(element) < kMaxDepth - kDepthOfElements);
}

std::optional<Webhook> read_webhook(std::string_view body, Accounts& accounts) {
  const auto document = parse_document(body);
  if (!document || text_of(member(*document->value, "object")) != "whatsapp_business_account")
    return std::nullopt;
  Webhook out;
  Reader reader(accounts, document->cut, out);
  for_each_element(member(*document->value, "entry"),
                   [&](const Json& entry) { reader.read_entry(entry); });
  return out;
}

}  // namespace gardu::meta_cloud
