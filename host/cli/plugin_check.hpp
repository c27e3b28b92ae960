// SPDX-License-Identifier: Apache-2.0
//
// `gardu plugin check FILE.so [--settings FILE] [--json] [--only RE] [--time-limit SECONDS]`, and
// the hidden `gardu plugin check-one`, as which it starts itself for every single check.
#pragma once
#include "cli/cli.hpp"

namespace gardu::host {

// 0: passed; 1: findings. Throws CommandError(2) for a wrong call.
int plugin_check_command(const Arguments& args);
int plugin_check_one_command(const Arguments& args);

}  // namespace gardu::host
