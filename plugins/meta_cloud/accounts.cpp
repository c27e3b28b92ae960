// SPDX-License-Identifier: Apache-2.0
//
// The accounts that the host told us of.
#include "accounts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "json.hpp"

namespace gardu::meta_cloud {
namespace {

// It goes into a header: anything but visible ASCII would break out of it.
bool fits_header(const std::string& s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c > ' ' && c < 0x7F; });
}
// It goes into a path.
bool fits_path(const std::string& s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
  });
}

}  // namespace

Status Accounts::add(const Account& account) {
  const auto credentials = parse_document(account.credentials.empty() ? "{}" : account.credentials);
  if (!credentials || !credentials->value->is_object())
    return Status::unconfigured("credentials: expected a JSON object with access_token");
  const Json& given = *credentials->value;
  const auto metadata = parse_document(account.metadata.empty() ? "{}" : account.metadata);

  KnownAccount known;
  known.id = account.id;
  known.phone_number_id = account.address;
  known.access_token = text_of(member(given, "access_token"));
  known.app_secret = text_of(member(given, "app_secret"));
  known.verify_token = text_of(member(given, "verify_token"));
  if (metadata) known.business_id = id_of(member(*metadata->value, "waba_id"));
  if (known.access_token.empty())
    return Status::unconfigured("credentials.access_token is missing");
  if (!fits_header(known.access_token))
    return Status::unconfigured("credentials.access_token has characters that no token has");
  if (!fits_path(known.phone_number_id))
    return Status::unconfigured("address must be the number's phone_number_id at Meta");

  const auto old = by_id_.find(account.id);
  if (old != by_id_.end() && old->second.phone_number_id == known.phone_number_id) {
    if (known.business_id.empty()) known.business_id = old->second.business_id;
    known.display_number = old->second.display_number;
  }
  by_id_.insert_or_assign(account.id, std::move(known));
  return {};
}

void Accounts::remove(std::string_view account_id) {
  const auto it = by_id_.find(account_id);
  if (it != by_id_.end()) by_id_.erase(it);
}

const KnownAccount* Accounts::find(std::string_view account_id) const {
  const auto it = by_id_.find(account_id);
  return it == by_id_.end() ? nullptr : &it->second;
}

const KnownAccount* Accounts::by_phone_number_id(std::string_view id) const {
  if (id.empty()) return nullptr;
  for (const auto& [key, account] : by_id_)
    if (account.phone_number_id == id) return &account;
  return nullptr;
}

std::vector<const KnownAccount*> Accounts::by_business(std::string_view business_id) const {
  std::vector<const KnownAccount*> out;
  for (const auto& [key, account] : by_id_)
    if (!business_id.empty() && account.business_id == business_id) out.push_back(&account);
  if (out.empty() && by_id_.size() == 1 && by_id_.begin()->second.business_id.empty())
    out.push_back(&by_id_.begin()->second);
  return out;
}

const KnownAccount* Accounts::by_display_number(std::string_view digits) const {
  if (digits.empty()) return nullptr;
  for (const auto& [key, account] : by_id_)
    if (account.display_number == digits) return &account;
  return nullptr;
}

void Accounts::learn(const std::string& account_id, std::string business_id,
                     std::string display_number) {
  const auto it = by_id_.find(account_id);
  if (it == by_id_.end()) return;
  if (!business_id.empty()) it->second.business_id = std::move(business_id);
  if (!display_number.empty()) it->second.display_number = std::move(display_number);
}

}  // namespace gardu::meta_cloud
