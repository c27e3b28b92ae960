// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"

int main(int argc, char** argv) {
  return gardu::host::run_command_line(std::vector<std::string>(argv + 1, argv + argc));
}
