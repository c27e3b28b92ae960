// SPDX-License-Identifier: Apache-2.0
#include "number.hpp"

#include <algorithm>
#include <chrono>

namespace gardu::loopback {

std::string phone_of(std::string_view address) {
  std::string_view digits = address;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.ends_with("@c.us")) digits.remove_suffix(5);
  const bool number =
      digits.size() >= 4 && digits.size() <= 20 &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return number ? "+" + std::string(digits) : std::string();
}

Behaviour behaviour_of(std::string_view address) {
  const std::string phone = phone_of(address);
  if (!phone.starts_with("+000") || phone.size() < 5) return Behaviour::ordinary;
  switch (phone.back()) {
    case '1':
      return Behaviour::unreachable;
    case '2':
      return Behaviour::rate_limited;
    case '3':
      return Behaviour::mute;
    case '4':
      return Behaviour::out_of_order;
    default:
      return Behaviour::ordinary;
  }
}

Status status_of(Behaviour behaviour) {
  switch (behaviour) {
    case Behaviour::unreachable:
      return Status::rejected("the number is not on the loopback network")
          .with_code("131026", "Message undeliverable");
    case Behaviour::rate_limited:
      return Status::throttled("too much for this number", std::chrono::milliseconds(100),
                               GARDU_SCOPE_PAIR)
          .with_code("131056", "Pair rate limit hit");
    case Behaviour::mute:
      return Status::timeout("the number never answered");
    default:
      return {};
  }
}

}  // namespace gardu::loopback
