// SPDX-License-Identifier: Apache-2.0
//
// What the provider tells in a webhook, as publications; its account_id is left to the caller.
//
//   {"type": "message", "account", "id", "from", "text", "timestamp"}
//   {"type": "status", "account", "id", "reference", "status", "error": {"code", "title"},
//    "timestamp"}
#pragma once
#include <gardu/plugin.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sms_http {

struct Told {
  std::string account_address;                    // the own number that it is about
  std::optional<gardu::Publication> publication;  // none: nothing that anybody wants to know
};

// `body`: verified before. A status that is not OK: it can never be understood.
gardu::Result<Told> read_webhook(std::string_view body);

}  // namespace sms_http
