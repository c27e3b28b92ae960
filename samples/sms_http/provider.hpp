// SPDX-License-Identifier: Apache-2.0
//
// What goes out to the provider, and what its answers mean. README.md has the whole of its API.
#pragma once
#include <gardu/plugin.hpp>
#include <string>

namespace sms_http {

// POST {api_url}/messages. The message's id is its key: sent twice, it is taken once.
gardu::HttpCall send_call(const std::string& api_url, const std::string& api_key,
                          const gardu::Outbound& outbound);
// What came of it; the host retries, waits or gives up by the status's class.
gardu::Result<gardu::Accepted> send_outcome(const gardu::HttpAnswer& answer);

// GET {api_url}/balance: whether the provider is there and lets this account in.
gardu::HttpCall balance_call(const std::string& api_url, const std::string& api_key);
// A JSON object for people.
gardu::Result<std::string> balance_outcome(const gardu::HttpAnswer& answer);

}  // namespace sms_http
