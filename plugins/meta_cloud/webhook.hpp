// SPDX-License-Identifier: Apache-2.0
//
// A webhook's body turned into publications. Every element stands alone: one that makes no sense
// becomes an unsupported message with the provider's object whole, the rest go on.
#pragma once
#include <gardu/publication.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "accounts.hpp"

namespace gardu::meta_cloud {

struct Webhook {
  std::vector<Publication> publications;
  // What was not published.
  std::set<std::string> unknown_numbers;         // phone_number_id of no account of ours
  std::map<std::string, size_t> ignored_fields;  // changes of a kind that nothing here is about
  size_t ignored_statuses = 0;                   // of a word that is no step of a message's life
  size_t malformed = 0;                          // envelopes and statuses that are none
  size_t unsupported = 0;                        // published, but as unsupported
};

// Empty: not JSON, or not of object "whatsapp_business_account". Teaches `accounts` what the
// envelopes say of them.
std::optional<Webhook> read_webhook(std::string_view body, Accounts& accounts);

}  // namespace gardu::meta_cloud
