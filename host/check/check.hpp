// SPDX-License-Identifier: Apache-2.0
//
// `gardu plugin check`: what a check is, and what it is given. Every check runs in a process of its
// own, on its main thread, which also plays the plugin's thread. What it finds goes out at once, so
// that nothing is lost when the plugin ends the process.
#pragma once
#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/plugin_file.hpp"

namespace gardu::host::check {

// The file under examination.
struct Subject {
  std::filesystem::path file;         // absolute
  std::string bytes;                  // the whole file
  std::optional<PluginFile> read;     // what the host makes of it; empty: it refuses it
  std::string refusal;                // why it does
  std::string settings = "{}";        // JSON object, the schema's defaults filled in
  std::vector<std::string> problems;  // of the settings given, by the schema
  std::vector<std::string> secrets;   // values of settings that the schema marks as writeOnly
  std::filesystem::path data_dir;     // made for this check alone

  const gardu_manifest& manifest() const { return read->manifest; }
};

struct Finding {
  bool warning = false;
  std::string expected, seen, rule;
};

// Ends a check that says nothing about this plugin.
class NotApplicable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Where findings go: lines of JSON on a descriptor. Not for several threads.
class Sink {
 public:
  explicit Sink(int descriptor) : descriptor_(descriptor) {}
  void step(std::string_view what);
  void inside(std::string_view hook);
  void on_crash(std::string_view expected, std::string_view rule);
  void finding(const Finding& finding);
  void note(std::string_view what);
  void not_applicable(std::string_view why);
  void done();

 private:
  int descriptor_;
};

// What a check is called with.
class Context {
 public:
  Context(const Subject& subject, Sink& sink) : subject_(subject), sink_(sink) {}

  const Subject& subject() const { return subject_; }
  // What is about to happen: named in the finding when the process ends, or hangs, in it.
  void step(std::string_view what) { sink_.step(what); }
  // Which of the plugin's functions is being called for it; empty: it has come back.
  void inside(std::string_view hook) { sink_.inside(hook); }
  // What is broken when the process ends here.
  void on_crash(std::string_view expected, std::string_view rule) {
    sink_.on_crash(expected, rule);
  }
  void fail(std::string expected, std::string seen, std::string rule);
  void warn(std::string expected, std::string seen, std::string rule);
  void note(std::string_view what) { sink_.note(what); }
  [[noreturn]] void skip(const std::string& why) { throw NotApplicable(why); }
  std::size_t failures() const { return failures_; }

 private:
  const Subject& subject_;
  Sink& sink_;
  std::size_t failures_ = 0;
};

struct Check {
  std::string_view name;   // "static.manifest"
  std::string_view about;  // what holds when it passes
  std::string_view after;  // a check that must have passed; empty: none
  int patience;            // times the time limit
  void (*run)(Context&);
};

// All checks, in the order in which they run: one that others come after stands before them.
const std::vector<Check>& all_checks();

// The child's side: runs one check, reporting on `descriptor`. The exit code of the process.
struct OneRequest {
  std::string name;
  std::filesystem::path file, data_dir, settings;  // settings: a file, or empty
};
int run_one_check(const OneRequest& request, int descriptor);

}  // namespace gardu::host::check
