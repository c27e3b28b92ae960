// SPDX-License-Identifier: Apache-2.0
//
// POST /api/v1/loopback/inject: reads the body into publications, and makes the answer of what
// became of them. Pure functions.
#pragma once
#include <cstdint>
#include <functional>
#include <gardu/host.hpp>
#include <gardu/http.hpp>
#include <gardu/publication.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::loopback {

inline constexpr std::uint64_t kInjectBodyLimit = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxInjected = 1000;  // messages of one request

struct Injection {
  std::string account_id;
  std::vector<Publication> publications;
  std::optional<HttpResponse> problem;  // set: the body is no good, and this says why
};

// `next_id` names the messages that bring no provider id of their own.
Injection read_injection(std::string_view body, const std::function<std::string()>& next_id);

// 202 with what each became, or why it was not taken. `code`: what the publish said.
HttpResponse answer_to_injection(std::int32_t code, PublishResults results);

HttpResponse problem(int status, std::string_view title, std::string_view detail);

}  // namespace gardu::loopback
