// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <iostream>

#include "storage/error.hpp"

namespace gardu::host {
namespace {

namespace po = boost::program_options;

constexpr const char* kUsage = R"(gardu, a gateway between WhatsApp and your systems

  gardu serve [--config FILE] [--set key=value]…    run (also without a word)
  gardu config check | show [--secrets] | schema
  gardu migrate [--status | --up]
  gardu workspace create NAME | list [--json]
  gardu user create --workspace W --email E --role R [--name N] [--password-stdin]
  gardu token create --workspace W --role R [--name N] | --workspace W --user E | --platform
  gardu account create --workspace W --transport T --name N --address A [--credentials-stdin]
  gardu plugin list [--json]
  gardu plugin check FILE.so [--settings FILE] [--json] [--only RE] [--time-limit SECONDS]
  gardu plugin new DIR --role subscriber|transport|http [--id ID]
  gardu plugin forget ID                            keep no events for one that is gone
  gardu backup FILE
  gardu prune [--dry-run] [--json]
  gardu events [--after SEQ] [--follow] [--json]
  gardu events --channel NAME [--app ID] [--url URL] [--follow] [--json]
                                                    what happens on a broadcaster's channel
  gardu version | --help

--config and --set go with every command. A workspace is named by its id or its slug.
Exit codes: 0 done, 1 failed, 2 usage or configuration.
)";

po::options_description known_options() {
  po::options_description d;
  auto add = d.add_options();
  for (const char* flag : {"help", "status", "up", "json", "follow", "secrets", "platform",
                           "credentials-stdin", "password-stdin", "version", "dry-run"})
    add(flag, po::bool_switch());
  for (const char* value :
       {"config", "after", "workspace", "role", "name", "transport", "address", "id", "settings",
        "only", "time-limit", "email", "user", "channel", "app", "url"})
    add(value, po::value<std::string>());
  add("set", po::value<std::vector<std::string>>()->composing());
  add("word", po::value<std::vector<std::string>>());
  return d;
}

int run_one(const Arguments& a) {
  static const std::map<std::string, int (*)(const Arguments&)> kCommands{
      {"serve", serve},           {"config", config_command}, {"migrate", migrate_command},
      {"backup", backup_command}, {"prune", prune_command},   {"workspace", workspace_command},
      {"user", user_command},     {"token", token_command},   {"account", account_command},
      {"plugin", plugin_command}, {"events", events_command}};
  const std::string word = a.words.empty() ? "serve" : a.words[0];
  if (a.has("help") || word == "help") {
    std::cout << kUsage;
    return 0;
  }
  if (a.has("version") || word == "version") {
    std::cout << "gardu " GARDU_VERSION "\n";
    return 0;
  }
  const auto it = kCommands.find(word);
  if (it == kCommands.end())
    throw CommandError(2, "'" + word + "' is no command\nsee gardu --help");
  return it->second(a);
}

}  // namespace

std::string Arguments::get(const std::string& option) const {
  const auto it = values.find(option);
  return it == values.end() ? std::string() : it->second;
}

std::string Arguments::require(const std::string& option) const {
  std::string value = get(option);
  if (value.empty()) throw CommandError(2, "--" + option + " is missing\nsee gardu --help");
  return value;
}

Arguments parse_arguments(const std::vector<std::string>& args) {
  const auto options = known_options();
  po::positional_options_description positional;
  positional.add("word", -1);
  po::variables_map map;
  try {
    using namespace po::command_line_style;
    po::store(po::command_line_parser(args)
                  .options(options)
                  .positional(positional)
                  .style(allow_long | long_allow_adjacent | long_allow_next)
                  .run(),
              map);
  } catch (const po::error& e) {
    throw CommandError(2, std::string(e.what()) + "\nsee gardu --help");
  }
  Arguments a;
  for (const auto& [name, value] : map) {
    if (name == "word") {
      a.words = value.as<std::vector<std::string>>();
    } else if (name == "set") {
      for (const std::string& set : value.as<std::vector<std::string>>()) {
        const auto eq = set.find('=');
        if (eq == std::string::npos)
          throw CommandError(2, "--set takes key=value, not '" + set + "'");
        a.sets.emplace_back(set.substr(0, eq), set.substr(eq + 1));
      }
    } else if (const auto* flag = boost::any_cast<bool>(&value.value())) {
      if (*flag) a.values[name] = "true";
    } else {
      a.values[name] = value.as<std::string>();
    }
  }
  return a;
}

ConfigRequest config_request(const Arguments& args) {
  ConfigRequest request;
  if (args.has("config")) request.file = args.get("config");
  request.environment = process_environment();
  request.overrides = args.sets;
  return request;
}

CommandError config_error(const std::vector<ConfigProblem>& problems) {
  std::string text = "the configuration has " + std::to_string(problems.size()) +
                     (problems.size() == 1 ? " problem" : " problems");
  for (const auto& p : problems) text += "\n  " + (p.path.empty() ? "" : p.path + ": ") + p.message;
  return {2, text};
}

Settings load_settings(const Arguments& args) {
  auto loaded = load_config(config_request(args));
  if (auto* settings = std::get_if<Settings>(&loaded)) return std::move(*settings);
  throw config_error(std::get<std::vector<ConfigProblem>>(loaded));
}

int run_command_line(const std::vector<std::string>& args) {
  try {
    return run_one(parse_arguments(args));
  } catch (const CommandError& e) {
    std::cerr << "gardu: " << e.what() << "\n";
    return e.code();
  } catch (const storage::Error& e) {
    std::cerr << "gardu: " << e.what() << "\n";
    return 1;
  } catch (const std::exception& e) {
    std::cerr << "gardu: " << e.what() << "\n";
    return 1;
  }
}

}  // namespace gardu::host
