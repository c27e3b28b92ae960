// SPDX-License-Identifier: Apache-2.0
#include "config/secret_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "base/crypto.hpp"

namespace gardu::host {
namespace {

// An open file, closed at the end of its scope; a lock on it goes with it.
class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

nlohmann::json read(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return nlohmann::json::object();
  auto j = nlohmann::json::parse(in, nullptr, false);
  if (!j.is_object()) throw std::runtime_error(file.string() + " is not the JSON object it was");
  return j;
}

void write(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path draft = file.string() + ".new";
  {
    const File out(draft, O_WRONLY | O_CREAT | O_TRUNC);
    if (::write(out.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(out.fd()) != 0)
      throw std::system_error(errno, std::generic_category(), draft.string());
  }
  std::filesystem::rename(draft, file);
}

}  // namespace

SecretStore::SecretStore(std::filesystem::path data_dir)
    : file_(data_dir / "secrets.json"), lock_file_(data_dir / "secrets.lock") {
  std::filesystem::create_directories(data_dir);
  std::filesystem::permissions(data_dir, std::filesystem::perms::owner_all);
}

std::string SecretStore::get_or_create(const std::string& owner, const std::string& name,
                                       std::size_t bytes) {
  const File lock(lock_file_, O_RDWR | O_CREAT);
  if (::flock(lock.fd(), LOCK_EX) != 0)
    throw std::system_error(errno, std::generic_category(), lock_file_.string());
  auto all = read(file_);
  const std::string key = owner + "/" + name;
  if (const auto it = all.find(key); it != all.end()) return it->get<std::string>();
  std::string made = hex_encode(random_bytes(bytes));
  all[key] = made;
  write(file_, all.dump(2) + "\n");
  return made;
}

std::map<std::string, std::string> SecretStore::all() const {
  std::map<std::string, std::string> out;
  const auto j = read(file_);
  for (const auto& [key, value] : j.items()) out[key] = value.get<std::string>();
  return out;
}

}  // namespace gardu::host
