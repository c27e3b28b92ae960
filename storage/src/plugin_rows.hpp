// SPDX-License-Identifier: Apache-2.0
//
// A plugin's result, kept until the statement is over, so that whoever gets the rows may run
// others; within bounds. And cells that an engine hands over as text.
#pragma once
#include <string_view>
#include <vector>

#include "plugin_runner.hpp"

namespace gardu::storage {

SqlValue real_value_of(std::string_view text);
// Also of an exact number with a fraction, or too long for an integer, which is then a real.
SqlValue integer_value_of(std::string_view text);
SqlValue text_value_of(std::string_view text);

class PluginRows {
 public:
  static constexpr std::size_t kMaxBytes = 256UL * 1024 * 1024;

  PluginRows(const plugin_sql::Limits& limits, bool wanted) : limits_(limits), wanted_(wanted) {}
  bool wanted() const { return wanted_; }
  // Throws Error (invalid) beyond what a result may have. Then come its cells, if they are wanted.
  void begin_row();
  // To be asked before a cell is copied; throws likewise.
  void count(std::size_t bytes);
  void add(SqlValue cell) { rows_.back().push_back(std::move(cell)); }
  std::int64_t size() const { return size_; }
  void hand_out(const plugin_sql::OnRow& on_row) const;

 private:
  const plugin_sql::Limits limits_;
  const bool wanted_;
  std::int64_t size_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::vector<SqlValue>> rows_;
};

}  // namespace gardu::storage
