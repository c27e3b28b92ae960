// SPDX-License-Identifier: Apache-2.0
#include "check/process_state.hpp"

#include <dlfcn.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

namespace gardu::host::check {
namespace fs = std::filesystem;

std::vector<std::string> thread_names() {
  std::vector<std::string> out;
  std::error_code ec;
  for (const auto& task : fs::directory_iterator("/proc/self/task", ec)) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    out.push_back(name.empty() ? "?" : name);
  }
  return out;
}

std::map<int, std::string> open_descriptors() {
  std::map<int, std::string> out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", ec)) {
    const std::string target = fs::read_symlink(entry.path(), ec).string();
    // The directory that is being read shows itself.
    if (target.find("/fd") == std::string::npos || target.rfind("/proc/", 0) != 0)
      out[std::stoi(entry.path().filename().string())] = target;
  }
  return out;
}

std::size_t allocated_bytes() {
  // A sanitizer brings an allocator of its own, about which mallinfo2 knows nothing.
  using Counter = std::size_t (*)();
  static const auto counter =
      reinterpret_cast<Counter>(::dlsym(RTLD_DEFAULT, "__sanitizer_get_current_allocated_bytes"));
  if (counter != nullptr) return counter();
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::vector<std::string> settled_threads(std::size_t at_most) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (;;) {
    auto names = thread_names();
    if (names.size() <= at_most || std::chrono::steady_clock::now() > until) return names;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Before::Before() : threads_(thread_names().size()), descriptors_(open_descriptors()) {}

Gained Before::gained() const {
  Gained out;
  const auto now = settled_threads(threads_);
  if (now.size() > threads_)
    out.threads.assign(now.begin() + static_cast<std::ptrdiff_t>(threads_), now.end());
  for (const auto& [number, what] : open_descriptors()) {
    const auto was = descriptors_.find(number);
    if (was == descriptors_.end() || was->second != what)
      out.descriptors.push_back(std::to_string(number) + " (" + what + ")");
  }
  return out;
}

OutputTrap::OutputTrap() : file_(::memfd_create("output", MFD_CLOEXEC)) {
  std::fflush(nullptr);
  for (const int i : {0, 1}) {
    saved_[i] = ::dup(i + 1);
    ::dup2(file_, i + 1);
  }
}

OutputTrap::~OutputTrap() { (void)end(); }

std::string OutputTrap::end() {
  if (file_ < 0) return {};
  std::fflush(nullptr);
  for (const int i : {0, 1}) {
    ::dup2(saved_[i], i + 1);
    ::close(saved_[i]);
  }
  std::string out(4096, '\0');
  const ssize_t n = ::pread(file_, out.data(), out.size(), 0);
  out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  ::close(file_);
  file_ = -1;
  return out;
}

}  // namespace gardu::host::check
