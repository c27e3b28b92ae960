// SPDX-License-Identifier: Apache-2.0
//
// The log. A Logger is a component's name and the sink that all share; cheap to copy. Callers never
// pass a secret; control characters are escaped here, so that no text can fake a line.
#pragma once
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gardu::host {

enum class LogLevel { trace, debug, info, warn, error };
std::optional<LogLevel> log_level(std::string_view name);

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(LogLevel level, std::string_view component, std::string_view text) = 0;
  virtual bool enabled(LogLevel level) const = 0;
  virtual void set_level(LogLevel level) = 0;
};

// To stderr. `json`: one object a line; otherwise text. Thread-safe.
std::shared_ptr<LogSink> make_log_sink(LogLevel level, bool json);

class Logger {
 public:
  Logger(std::shared_ptr<LogSink> sink, std::string component)
      : sink_(std::move(sink)), component_(std::move(component)) {}
  Logger named(std::string component) const { return {sink_, std::move(component)}; }
  LogSink& sink() const { return *sink_; }

  template <class... A>
  void log(LogLevel level, fmt::format_string<A...> format, A&&... args) const {
    if (sink_->enabled(level))
      sink_->write(level, component_, fmt::vformat(format, fmt::make_format_args(args...)));
  }
  template <class... A>
  void debug(fmt::format_string<A...> f, A&&... a) const {
    log(LogLevel::debug, f, std::forward<A>(a)...);
  }
  template <class... A>
  void info(fmt::format_string<A...> f, A&&... a) const {
    log(LogLevel::info, f, std::forward<A>(a)...);
  }
  template <class... A>
  void warn(fmt::format_string<A...> f, A&&... a) const {
    log(LogLevel::warn, f, std::forward<A>(a)...);
  }
  template <class... A>
  void error(fmt::format_string<A...> f, A&&... a) const {
    log(LogLevel::error, f, std::forward<A>(a)...);
  }

 private:
  std::shared_ptr<LogSink> sink_;
  std::string component_;
};

}  // namespace gardu::host
