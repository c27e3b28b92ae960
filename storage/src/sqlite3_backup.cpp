// SPDX-License-Identifier: Apache-2.0
// A copy of a SQLite database that others read and write meanwhile.
#include "sqlite3_backup.hpp"

#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "sqlite3_codes.hpp"

namespace gardu::storage {
namespace {

constexpr int kPagesAtOnce = 1024;
constexpr std::chrono::milliseconds kPause{2};  // for those who want the disk, too

Error system_error(const std::string& file) {
  const int code = errno;
  const auto kind = code == ENOSPC || code == EDQUOT || code == EFBIG ? ErrorKind::full
                    : code == EROFS || code == EACCES                 ? ErrorKind::read_only
                                                                      : ErrorKind::unavailable;
  return {kind, file + ": " + std::strerror(code)};
}

// A file beside the one that it is to become, for its owner alone, gone with this unless kept.
class Draft {
 public:
  explicit Draft(const std::string& file) : file_(file), path_(file + ".XXXXXX") {
    const int fd = ::mkostemp(path_.data(), O_CLOEXEC);  // 0600
    if (fd < 0) throw system_error(file);
    ::close(fd);
  }
  ~Draft() {
    for (const char* end : {"", "-wal", "-shm", "-journal"}) ::unlink((path_ + end).c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  const std::string& path() const { return path_; }

  // Under its name, never over another file, and on the disk.
  void keep() const {
    sync(path_, O_RDONLY);
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, file_.c_str(), RENAME_NOREPLACE) != 0 &&
        ((errno != EINVAL && errno != ENOSYS) || ::link(path_.c_str(), file_.c_str()) != 0))
      throw system_error(file_);
    const auto slash = file_.rfind('/');
    sync(slash == std::string::npos ? "."
         : slash == 0               ? "/"
                                    : file_.substr(0, slash),
         O_RDONLY | O_DIRECTORY);
  }

 private:
  void sync(const std::string& path, int flags) const {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    const bool fine = fd >= 0 && ::fsync(fd) == 0;
    const int code = errno;
    if (fd >= 0) ::close(fd);
    errno = code;
    if (!fine) throw system_error(file_);
  }
  const std::string file_;
  std::string path_;
};

class Copy {
 public:
  explicit Copy(const Draft& draft, const std::string& name) : name_(name) {
    check(sqlite_api::sqlite3_open(draft.path().c_str(), &connection_));
  }
  ~Copy() { sqlite_api::sqlite3_close(connection_); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  void fill(sqlite_api::sqlite3* source) {
    auto* backup = sqlite_api::sqlite3_backup_init(connection_, "main", source, "main");
    if (backup == nullptr) check(sqlite_api::sqlite3_errcode(connection_));
    int code = SQLITE_OK;
    while ((code = sqlite_api::sqlite3_backup_step(backup, kPagesAtOnce)) == SQLITE_OK ||
           code == SQLITE_BUSY || code == SQLITE_LOCKED)
      std::this_thread::sleep_for(kPause);
    check(sqlite_api::sqlite3_backup_finish(backup));
  }
  // One file, without a log beside it; and whole.
  void finish() {
    run("pragma journal_mode = delete", nullptr);
    std::string said;
    run("pragma integrity_check(1)", &said);
    if (said != "ok") throw Error(ErrorKind::corrupt, name_ + ": the copy is not sound: " + said);
  }

 private:
  void check(int code) const {
    if (code != SQLITE_OK)
      throw Error(sqlite3_kind_of(code), name_ + ": " + sqlite_api::sqlite3_errstr(code));
  }
  void run(const char* sql, std::string* first) {
    check(sqlite_api::sqlite3_exec(
        connection_, sql,
        [](void* out, int n, char** values, char**) {
          auto* text = static_cast<std::string*>(out);
          if (text != nullptr && n > 0 && values[0] != nullptr) *text = values[0];
          return 0;
        },
        first, nullptr));
  }
  const std::string name_;
  sqlite_api::sqlite3* connection_ = nullptr;
};

}  // namespace

// The source reads one moment all the while: without that the copy would begin again whenever
// somebody else writes, and never end beside a busy gateway.
void sqlite3_backup_to(sqlite_api::sqlite3* source, const std::string& file) {
  struct stat found {};
  if (::lstat(file.c_str(), &found) == 0) {
    errno = EEXIST;
    throw system_error(file);
  }
  const Draft draft(file);
  {
    Copy copy(draft, file);
    const auto execute = [&](const char* sql) {
      const int code = sqlite_api::sqlite3_exec(source, sql, nullptr, nullptr, nullptr);
      if (code != SQLITE_OK)
        throw soci::sqlite3_soci_error(sqlite_api::sqlite3_errmsg(source), code);
    };
    execute("begin; select count(*) from sqlite_master");
    copy.fill(source);
    execute("commit");
    copy.finish();
  }
  draft.keep();
}

}  // namespace gardu::storage
