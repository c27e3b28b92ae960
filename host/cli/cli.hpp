// SPDX-License-Identifier: Apache-2.0
//
// The command line. Exit codes: 0 done, 1 failed, 2 usage or configuration. Data go to stdout,
// errors to stderr: one line first, what to do about it after.
#pragma once
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.hpp"

namespace gardu::host {

// Ends a command with a code; the text is for stderr.
class CommandError : public std::runtime_error {
 public:
  CommandError(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

// The words and options of one call, taken apart.
struct Arguments {
  std::vector<std::string> words;                         // "token", "create"
  std::map<std::string, std::string> values;              // "--role" R
  std::vector<std::pair<std::string, std::string>> sets;  // --set k=v
  bool has(const std::string& option) const { return values.count(option) != 0; }
  std::string get(const std::string& option) const;      // empty when absent
  std::string require(const std::string& option) const;  // throws CommandError(2)
};

// Throws CommandError(2) for an option that is not known.
Arguments parse_arguments(const std::vector<std::string>& args);
ConfigRequest config_request(const Arguments& args);
// The text of several problems, one a line, as a CommandError(2).
CommandError config_error(const std::vector<ConfigProblem>& problems);
// Throws config_error.
Settings load_settings(const Arguments& args);

// The whole program.
int run_command_line(const std::vector<std::string>& args);

// Single commands, each its exit code.
int serve(const Arguments& args);
int config_command(const Arguments& args);
int migrate_command(const Arguments& args);
int backup_command(const Arguments& args);
int prune_command(const Arguments& args);
int workspace_command(const Arguments& args);
int user_command(const Arguments& args);
int token_command(const Arguments& args);
int account_command(const Arguments& args);
int plugin_command(const Arguments& args);
// "plugin forget".
int plugin_forget_command(const Arguments& args);
int events_command(const Arguments& args);
// "events --channel", with GARDU_TOKEN of the environment.
int channel_events(const Arguments& args);

}  // namespace gardu::host
