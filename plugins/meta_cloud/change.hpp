// SPDX-License-Identifier: Apache-2.0
//
// Inside read_webhook: one change of the envelope, and the readers of its parts.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>

#include "json.hpp"
#include "webhook.hpp"

namespace gardu::meta_cloud {

// What the elements of one change share. References live as long as the document.
class Change {
 public:
  Change(const Json& value, std::string account_id, bool cut);

  const std::string& account_id() const noexcept { return account_id_; }
  // contacts[] are matched by either id, never by position. Null: not told.
  const Json* contact_by_wa_id(const std::string& wa_id) const { return find(by_wa_id_, wa_id); }
  const Json* contact_by_user_id(const std::string& id) const { return find(by_user_id_, id); }
  // False when a text in it is none, or when it was too deep to be kept whole.
  bool is_whole(const Json& element) const;

 private:
  using Index = std::unordered_map<std::string, const Json*>;
  static const Json* find(const Index& index, const std::string& key) {
    const auto it = key.empty() ? index.end() : index.find(key);
    return it == index.end() ? nullptr : it->second;
  }
  std::string account_id_;
  bool cut_;
  Index by_wa_id_, by_user_id_;
};

// message.cpp: an element of messages[], or of message_echoes[] when `direction` is outbound.
Publication read_message(const Json& element, const Change& change, gardu_direction direction);

// status.cpp: false when the element says nothing (counted in `out`).
bool read_status(const Json& element, const Change& change, Webhook& out);
// A value-level error: something is wrong with the number itself.
Publication read_number_error(const Json& error, const Change& change);

// fields.cpp: a change of the business account or of its templates; false: of no concern.
bool read_account_field(std::string_view field, const Json& value, std::string_view business_id,
                        const Accounts& accounts, Webhook& out);
std::string digits_of(std::string_view text);

}  // namespace gardu::meta_cloud
