// SPDX-License-Identifier: Apache-2.0
#include "check/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace gardu::host::check {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostOutput = std::size_t{64} << 10U;
constexpr std::size_t kMostReport = std::size_t{4} << 20U;

[[noreturn]] void give_up(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

// The C library's header of this has no C linkage for C++ in glibc 2.36.
int open_process(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void reset(int fd) {
    close();
    fd_ = fd;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read, write;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) give_up(errno, "pipe");
    read.reset(ends[0]);
    // Above the numbers that the child's descriptors get, so that none is overwritten too early.
    const int high = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
    ::close(ends[1]);
    if (high < 0) give_up(errno, "fcntl");
    write.reset(high);
    ::fcntl(read.get(), F_SETFL, O_NONBLOCK);
  }
  // Appends what is there; false: nothing more will come.
  bool drain(std::string& into, std::size_t most) const {
    std::array<char, 16384> buffer{};
    for (;;) {
      const ssize_t n = ::read(read.get(), buffer.data(), buffer.size());
      if (n == 0) return false;
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      const std::size_t room = into.size() < most ? most - into.size() : 0;
      into.append(buffer.data(), std::min(room, static_cast<std::size_t>(n)));
    }
  }
};

class SpawnPlan {
 public:
  SpawnPlan(const Pipe& out, const Pipe& errors, const Pipe& report) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, out.write.get(), 1);
    posix_spawn_file_actions_adddup2(&actions_, errors.write.get(), 2);
    posix_spawn_file_actions_adddup2(&actions_, report.write.get(), kReportDescriptor);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes_, 0);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  pid_t start(const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    pid_t pid = 0;
    const int error =
        ::posix_spawn(&pid, "/proc/self/exe", &actions_, &attributes_, argv.data(), environ);
    if (error != 0) give_up(error, "cannot start a process for the check");
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

ChildEnd run_child(const std::vector<std::string>& arguments, std::chrono::milliseconds limit) {
  Pipe out, errors, report;
  const auto begin = Clock::now();
  const pid_t pid = SpawnPlan(out, errors, report).start(arguments);
  for (Pipe* p : {&out, &errors, &report}) p->write.close();
  const Descriptor process(open_process(pid));
  if (process.get() < 0) {
    const int error = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    give_up(error, "pidfd_open");
  }

  ChildEnd end;
  bool ended = false;
  std::array<pollfd, 4> wanted{};
  const std::array<int, 4> descriptors{process.get(), out.read.get(), errors.read.get(),
                                       report.read.get()};
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = {descriptors[i], POLLIN, 0};
  const auto drain = [&] {
    if (!out.drain(end.out, kMostOutput)) wanted[1].fd = -1;
    if (!errors.drain(end.errors, kMostOutput)) wanted[2].fd = -1;
    if (!report.drain(end.report, kMostReport)) wanted[3].fd = -1;
  };
  while (!ended) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(begin + limit - Clock::now());
    if (left.count() <= 0) {
      end.timed_out = true;
      break;
    }
    const int n = ::poll(wanted.data(), wanted.size(), static_cast<int>(left.count()) + 1);
    if (n < 0 && errno != EINTR) give_up(errno, "poll");
    if (n > 0) drain();
    ended = wanted[0].revents != 0;
  }
  ::kill(-pid, SIGKILL);  // also what the plugin started and left
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  drain();
  end.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  return end;
}

}  // namespace gardu::host::check
