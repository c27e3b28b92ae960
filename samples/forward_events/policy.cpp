// SPDX-License-Identifier: Apache-2.0
#include "policy.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>

namespace forward_events {
namespace {

constexpr Micros kLongest = std::chrono::hours(1);
constexpr Micros kLongestWish = std::chrono::hours(24);

}  // namespace

Verdict judge(std::uint32_t progress, int status) {
  if (progress != GARDU_HTTP_ANSWERED) return Verdict::retry;
  if (status >= 200 && status < 300) return Verdict::delivered;
  const bool later = status == 408 || status == 425 || status == 429;
  return status >= 400 && status < 500 && !later ? Verdict::dead : Verdict::retry;
}

bool is_outage(std::uint32_t progress, int status) {
  return progress != GARDU_HTTP_ANSWERED || status >= 500 || status < 200;
}

Micros backoff(std::int64_t failed, Micros first, double luck) {
  Micros whole = first;
  for (std::int64_t i = 1; i < failed && whole < kLongest; ++i) whole *= 2;
  whole = std::min(whole, kLongest);
  const auto half = whole.count() / 2;
  return Micros{half + static_cast<std::int64_t>(static_cast<double>(whole.count() - half) * luck)};
}

std::optional<Micros> retry_after(std::string_view header, std::int64_t now) {
  const auto within = [](Micros wish) { return std::clamp(wish, Micros{0}, kLongestWish); };
  std::int64_t seconds = 0;
  const char* end = header.data() + header.size();
  const auto [stop, error] = std::from_chars(header.data(), end, seconds);
  if (!header.empty() && error == std::errc{} && stop == end) {
    const auto most = std::chrono::duration_cast<std::chrono::seconds>(kLongestWish).count();
    return within(std::chrono::seconds(std::min<std::int64_t>(seconds, most)));
  }
  std::istringstream in{std::string(header)};
  in.imbue(std::locale::classic());
  std::tm tm{};
  in >> std::get_time(&tm, "%a, %d %b %Y %H:%M:%S GMT");
  if (in.fail()) return std::nullopt;
  return within(std::chrono::seconds(timegm(&tm)) - Micros{now});
}

}  // namespace forward_events
