// SPDX-License-Identifier: Apache-2.0
//
// What this process holds just now: threads, descriptors, memory. And what is written to its
// standard output and standard error while an object lives.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace gardu::host::check {

std::vector<std::string> thread_names();        // of all threads, this one too
std::map<int, std::string> open_descriptors();  // number → what it is
std::size_t allocated_bytes();                  // by malloc
// Threads that have just been joined are seen for a moment longer: waits up to a second for them.
std::vector<std::string> settled_threads(std::size_t at_most);

struct Gained {
  std::vector<std::string> threads, descriptors;
};
class Before {
 public:
  Before();
  // What is there now and was not then.
  Gained gained() const;

 private:
  std::size_t threads_;
  std::map<int, std::string> descriptors_;
};

// Keeps what is written to descriptors 1 and 2 until `end`.
class OutputTrap {
 public:
  OutputTrap();
  ~OutputTrap();
  OutputTrap(const OutputTrap&) = delete;
  OutputTrap& operator=(const OutputTrap&) = delete;
  // What was written; from here on the descriptors are as before.
  std::string end();

 private:
  int file_, saved_[2];
};

}  // namespace gardu::host::check
