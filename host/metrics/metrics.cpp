// SPDX-License-Identifier: Apache-2.0
#include "metrics/metrics.hpp"

#include <algorithm>

namespace gardu::host {
namespace {

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > 200) return false;
  const auto ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
  };
  return !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), ok);
}

// `k="v",k2="v2"`, with \\ \" \n inside the quotes.
bool are_labels(std::string_view text) {
  while (!text.empty()) {
    const auto eq = text.find("=\"");
    if (eq == std::string_view::npos || !is_name(text.substr(0, eq))) return false;
    std::size_t i = eq + 2;
    while (i < text.size() && text[i] != '"') {
      if (text[i] == '\n') return false;
      i += text[i] == '\\' ? 2U : 1U;
    }
    if (i >= text.size()) return false;
    text.remove_prefix(i + 1);
    if (text.empty()) return true;
    if (text[0] != ',') return false;
    text.remove_prefix(1);
  }
  return true;
}

void line(std::string& out, const std::string& name, const std::string& labels,
          std::int64_t value) {
  out += name;
  if (!labels.empty()) out += "{" + labels + "}";
  out += " " + std::to_string(value) + "\n";
}

}  // namespace

Metrics::Series* Metrics::define(Kind kind, std::string_view name, std::string_view help,
                                 std::string_view labels) {
  if (!is_name(name) || !are_labels(labels)) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto [family, fresh] = families_.try_emplace(std::string(name));
  if (fresh) {
    family->second.kind = kind;
    family->second.help = help;
  }
  if (family->second.kind != kind) return nullptr;
  auto& series = family->second.series[std::string(labels)];
  if (!series) series = std::make_unique<Series>();
  return series.get();
}

void Metrics::observe(std::string_view name, std::string_view help, std::string_view labels,
                      std::function<std::int64_t()> read) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[std::string(name)];
  family.kind = Kind::gauge;
  family.help = help;
  family.observed[std::string(labels)] = std::move(read);
}

void Metrics::forget(std::string_view name, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  if (const auto it = families_.find(name); it != families_.end())
    it->second.observed.erase(std::string(labels));
}

std::string Metrics::text() const {
  std::string out;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, family] : families_) {
    if (family.series.empty() && family.observed.empty()) continue;
    std::string help = family.help;
    std::replace(help.begin(), help.end(), '\n', ' ');
    out += "# HELP " + name + " " + help + "\n# TYPE " + name +
           (family.kind == Kind::counter ? " counter\n" : " gauge\n");
    for (const auto& [labels, series] : family.series) line(out, name, labels, series->value());
    for (const auto& [labels, read] : family.observed) line(out, name, labels, read());
  }
  return out;
}

std::string Metrics::label(std::string_view name, std::string_view value) {
  std::string out(name);
  out += "=\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace gardu::host
