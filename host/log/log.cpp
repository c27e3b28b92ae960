// SPDX-License-Identifier: Apache-2.0
// The only file that includes spdlog.
#include "log/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>

namespace gardu::host {
namespace {

constexpr std::array<std::string_view, 5> kNames{"trace", "debug", "info", "warn", "error"};

spdlog::level::level_enum level_of(LogLevel level) {
  static constexpr std::array kLevels{spdlog::level::trace, spdlog::level::debug,
                                      spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  return kLevels[static_cast<std::size_t>(level)];
}

// Control characters as escapes; for JSON the quotes and backslashes too.
std::string escaped(std::string_view text, bool json) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto b = static_cast<unsigned char>(c);
    if (b < 0x20U || b == 0x7FU) {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : fmt::format("\\u{:04x}", b);
    } else {
      if (json && (c == '"' || c == '\\')) out += '\\';
      out += c;
    }
  }
  return out;
}

class SpdlogSink final : public LogSink {
 public:
  SpdlogSink(LogLevel level, bool json)
      : json_(json), logger_("gardu", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(level_of(level));
    logger_.flush_on(spdlog::level::trace);
    logger_.set_pattern(json ? "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}"
                             : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v",
                        spdlog::pattern_time_type::utc);
  }
  void write(LogLevel level, std::string_view component, std::string_view text) override {
    if (json_) {
      logger_.log(level_of(level), "\"component\":\"{}\",\"message\":\"{}\"",
                  escaped(component, true), escaped(text, true));
    } else {
      logger_.log(level_of(level), "{}: {}", component, escaped(text, false));
    }
  }
  bool enabled(LogLevel level) const override { return logger_.should_log(level_of(level)); }
  void set_level(LogLevel level) override { logger_.set_level(level_of(level)); }

 private:
  const bool json_;
  spdlog::logger logger_;
};

}  // namespace

std::optional<LogLevel> log_level(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<LogLevel>(i);
  return std::nullopt;
}

std::shared_ptr<LogSink> make_log_sink(LogLevel level, bool json) {
  return std::make_shared<SpdlogSink>(level, json);
}

}  // namespace gardu::host
