// SPDX-License-Identifier: Apache-2.0
//
// The Graph API as a server: the requests to it. The token goes into a header and nowhere else.
#pragma once
#include <gardu/http_client.hpp>
#include <gardu/result.hpp>
#include <string>
#include <string_view>

#include "accounts.hpp"

namespace gardu::meta_cloud {

struct Graph {
  std::string url = "https://graph.facebook.com";  // without a final "/"
  std::string version = "v23.0";
  Micros timeout = std::chrono::seconds(30);  // for all of a request

  // To the number's messages: sends, read receipts, typing.
  HttpCall post(const KnownAccount& account, std::string body) const;
  // These fields of the number.
  HttpCall get(const KnownAccount& account, std::string_view fields) const;
};

// Without its final "/". GARDU_INVALID: no http or https address, or one with credentials, query or
// fragment, which a base has not.
Result<std::string> read_graph_url(std::string_view text);

}  // namespace gardu::meta_cloud
