// SPDX-License-Identifier: Apache-2.0
//
// The accounts that the host told us of, and how webhooks find theirs: by phone_number_id, or, for
// what concerns the business account as a whole, by its id, told or learned from traffic.
// Threads: the plugin's alone.
#pragma once
#include <gardu/transport.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::meta_cloud {

struct KnownAccount {
  std::string id, phone_number_id;
  std::string access_token, app_secret, verify_token;  // secrets
  std::string business_id;                             // the WhatsApp Business Account
  std::string display_number;                          // digits
};

class Accounts {
 public:
  // GARDU_UNCONFIGURED names the credential that is missing. An account known already is replaced.
  Status add(const Account& account);
  void remove(std::string_view account_id);
  void clear() { by_id_.clear(); }

  const KnownAccount* find(std::string_view account_id) const;
  const KnownAccount* by_phone_number_id(std::string_view id) const;
  // Those of one business account. While none is known to be of it: the only account there is, if
  // its own business account is not known either.
  std::vector<const KnownAccount*> by_business(std::string_view business_id) const;
  const KnownAccount* by_display_number(std::string_view digits) const;
  // What a webhook's envelope says of an account.
  void learn(const std::string& account_id, std::string business_id, std::string display_number);

  const std::map<std::string, KnownAccount, std::less<>>& all() const { return by_id_; }

 private:
  std::map<std::string, KnownAccount, std::less<>> by_id_;
};

}  // namespace gardu::meta_cloud
