// SPDX-License-Identifier: Apache-2.0
//
// The parent's side of `gardu plugin check`: runs the checks one after the other, each in a child
// process with a time limit, and says what came of them. A crash, a hang or an exit is a finding.
#pragma once
#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "check/check.hpp"

namespace gardu::host::check {

enum class Verdict { ok, warn, fail, not_applicable };

struct Outcome {
  std::string name, about;
  Verdict verdict = Verdict::ok;
  std::vector<Finding> findings;
  std::vector<std::string> notes;
  std::string reason;  // why it is not applicable
  std::string output;  // what the process wrote to stdout and stderr, cut
  std::chrono::milliseconds took{0};
};

struct Request {
  std::filesystem::path file;
  std::filesystem::path settings;  // a file, or empty
  std::string only;                // regular expression over the names; empty: all
  std::chrono::milliseconds limit{10'000};
};

// Each outcome is also handed over as soon as it is there. Throws std::regex_error for `only`.
using OnOutcome = void (*)(const Request&, const Outcome&);
std::vector<Outcome> run_checks(const Request& request, OnOutcome on_outcome);

// True when nothing failed.
bool passed(const std::vector<Outcome>& outcomes);
std::string as_text(const Request& request, const Outcome& outcome);
std::string summary(const std::vector<Outcome>& outcomes);
// An array, one object a check.
std::string as_json(const Request& request, const std::vector<Outcome>& outcomes);

}  // namespace gardu::host::check
