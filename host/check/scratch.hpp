// SPDX-License-Identifier: Apache-2.0
//
// A directory of one's own below the system's temporary one, gone with the object.
#pragma once
#include <filesystem>

namespace gardu::host::check {

class Scratch {
 public:
  Scratch();  // throws std::system_error
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace gardu::host::check
