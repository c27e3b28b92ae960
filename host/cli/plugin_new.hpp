// SPDX-License-Identifier: Apache-2.0
//
// gardu plugin new DIR --role subscriber|transport|http [--id ID]: writes the project of a new
// plugin from the templates that are installed beside the program, in share/gardu/template, or that
// GARDU_TEMPLATE_DIR names. Errors are CommandError.
#pragma once
#include <filesystem>
#include <string>

#include "cli/cli.hpp"

namespace gardu::host {

struct NewPlugin {
  std::filesystem::path dir;        // made when it is not there; else it must be empty
  std::filesystem::path templates;  // holds common/ and a folder for each role
  std::string role;
  std::string id;  // empty: the folder's name
};

// Writes the project and returns the plugin's id.
std::string write_new_plugin(const NewPlugin& what);

// The command: the exit code; what to run next goes to stdout.
int plugin_new_command(const Arguments& args);

}  // namespace gardu::host
