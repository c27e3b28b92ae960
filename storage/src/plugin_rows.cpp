// SPDX-License-Identifier: Apache-2.0
#include "plugin_rows.hpp"

#include <charconv>
#include <cmath>

namespace gardu::storage {

SqlValue real_value_of(std::string_view text) {
  SqlValue out;
  out.kind = SqlValue::Kind::real;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out.real);
  if (end.ec == std::errc::result_out_of_range)
    out.real = std::strtod(std::string(text).c_str(), nullptr);
  if (std::isnan(out.real)) return {};  // as null, which SQLite makes of it
  return out;
}

SqlValue integer_value_of(std::string_view text) {
  SqlValue out;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out.integer);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return real_value_of(text);
  out.kind = SqlValue::Kind::integer;
  return out;
}

SqlValue text_value_of(std::string_view text) {
  return {SqlValue::Kind::text, 0, 0, std::string(text)};
}

void PluginRows::begin_row() {
  if (++size_ > limits_.rows)
    throw Error(ErrorKind::invalid,
                "the result has more than " + std::to_string(limits_.rows) + " rows");
  if (wanted_) rows_.emplace_back();
}

void PluginRows::count(std::size_t bytes) {
  if (bytes > static_cast<std::size_t>(PluginRunner::kMaxCell))
    throw Error(ErrorKind::invalid,
                "a cell has more than " + std::to_string(PluginRunner::kMaxCell) + " bytes");
  bytes_ += bytes;
  if (bytes_ > kMaxBytes)
    throw Error(ErrorKind::invalid,
                "the result has more than " + std::to_string(kMaxBytes) + " bytes");
}

void PluginRows::hand_out(const plugin_sql::OnRow& on_row) const {
  for (const auto& row : rows_)
    if (!on_row(row)) return;
}

}  // namespace gardu::storage
