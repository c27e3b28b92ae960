// SPDX-License-Identifier: Apache-2.0
#include "check/scratch.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace gardu::host::check {

Scratch::Scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "gardu-check-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "cannot make a temporary directory");
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace gardu::host::check
