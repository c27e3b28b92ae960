// SPDX-License-Identifier: Apache-2.0
#include "app/bootstrap.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "auth/token_service.hpp"
#include "auth/workspaces.hpp"

namespace gardu::host {
namespace {

void write_private(const std::string& file, const std::string& text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), file);
  const bool fine = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    ::fsync(fd) == 0;
  ::close(fd);
  if (!fine) throw std::system_error(errno, std::generic_category(), file);
}

}  // namespace

storage::Options database_options(const Settings& s) {
  storage::Options o;
  o.backend = s.storage.backend;
  o.dsn = s.storage.dsn;
  o.pool = s.storage.pool;
  o.synchronous = s.storage.synchronous;
  o.group_commit_wait = std::chrono::milliseconds(s.storage.group_commit_wait_ms);
  o.group_commit_max = s.storage.group_commit_max;
  return o;
}

bool create_first_workspace(storage::Database& database, const std::string& file) {
  if (database.query([](storage::Session& s) { return storage::workspaces::count(s); }) > 0)
    return false;
  bool created = false;
  database.writer().run([&](storage::Transaction& tx) {
    if (storage::workspaces::count(tx) > 0) return;  // another process was quicker
    const auto workspace = create_workspace(tx, "default");
    TokenSpec owner;
    owner.workspace_id = workspace.id;
    owner.name = owner.role = "owner";
    const std::string token = issue_token(tx, owner);
    write_private(file, token + "\n");
    created = true;
  });
  return created;
}

}  // namespace gardu::host
