// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include <array>
#include <chrono>

namespace gardu::host {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

// The last digits of a number, over what stands in the text.
template <std::size_t N>
void put(std::array<char, N>& out, std::size_t at, std::int64_t value, std::size_t digits) {
  for (std::size_t i = at + digits; i-- > at; value /= 10)
    out[i] = static_cast<char>('0' + value % 10);
}

// Takes `digits` digits off the front.
std::optional<int> take(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool skip(std::string_view& text, char wanted) {
  if (text.empty() || text[0] != wanted) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string rfc3339_ms(std::int64_t ms) {
  constexpr std::int64_t kDay = 86'400'000;
  std::int64_t day = ms / kDay, rest = ms % kDay;
  if (rest < 0) {
    rest += kDay;
    --day;
  }
  const year_month_day date{sys_days{days{day}}};
  std::array<char, 24> out{"0000-00-00T00:00:00.000"};
  put(out, 0, static_cast<int>(date.year()), 4);
  put(out, 5, static_cast<unsigned>(date.month()), 2);
  put(out, 8, static_cast<unsigned>(date.day()), 2);
  put(out, 11, rest / 3'600'000, 2);
  put(out, 14, rest / 60'000 % 60, 2);
  put(out, 17, rest / 1000 % 60, 2);
  put(out, 20, rest % 1000, 3);
  out.back() = 'Z';
  return {out.data(), out.size()};
}

std::optional<std::int64_t> parse_rfc3339(std::string_view t) {
  const auto year = take(t, 4);
  if (!year || !skip(t, '-')) return std::nullopt;
  const auto month = take(t, 2);
  if (!month || !skip(t, '-')) return std::nullopt;
  const auto day = take(t, 2);
  if (!day || t.empty() || (t[0] != 'T' && t[0] != 't' && t[0] != ' ')) return std::nullopt;
  t.remove_prefix(1);
  const auto hour = take(t, 2);
  if (!hour || !skip(t, ':')) return std::nullopt;
  const auto minute = take(t, 2);
  if (!minute || !skip(t, ':')) return std::nullopt;
  const auto second = take(t, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  int milli = 0;
  if (skip(t, '.')) {
    int scale = 100;
    const std::size_t before = t.size();
    while (!t.empty() && t[0] >= '0' && t[0] <= '9') {
      milli += (t[0] - '0') * scale;
      scale /= 10;
      t.remove_prefix(1);
    }
    if (t.size() == before) return std::nullopt;
  }
  std::int64_t offset = 0;
  if (t == "Z" || t == "z") {
    t = {};
  } else {
    const int sign = skip(t, '+') ? 1 : skip(t, '-') ? -1 : 0;
    const auto oh = take(t, 2);
    if (sign == 0 || !oh || !skip(t, ':')) return std::nullopt;
    const auto om = take(t, 2);
    if (!om || *oh > 23 || *om > 59) return std::nullopt;
    offset = sign * (*oh * 60 + *om);
  }
  if (!t.empty()) return std::nullopt;
  const year_month_day date{std::chrono::year{*year},
                            std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days_since = sys_days{date}.time_since_epoch().count();
  return ((days_since * 24 + *hour) * 60 + *minute - offset) * 60'000 + *second * 1000 + milli;
}

}  // namespace gardu::host
