// SPDX-License-Identifier: Apache-2.0
//
// Secrets that the gateway makes up once: secrets.json in the data directory, mode 0600. Safe to
// use from several threads and processes at once.
#pragma once
#include <filesystem>
#include <map>
#include <string>

namespace gardu::host {

class SecretStore {
 public:
  // Creates the directory (mode 0700) if need be. Throws std::runtime_error naming the path.
  explicit SecretStore(std::filesystem::path data_dir);

  // The secret "<owner>/<name>" as hex, made of `bytes` random ones the first time.
  std::string get_or_create(const std::string& owner, const std::string& name, std::size_t bytes);
  std::map<std::string, std::string> all() const;

 private:
  const std::filesystem::path file_, lock_file_;
};

}  // namespace gardu::host
