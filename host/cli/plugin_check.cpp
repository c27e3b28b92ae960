// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_check.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>

#include "check/child.hpp"
#include "check/run.hpp"

namespace gardu::host {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void wrong_call(const std::string& what) {
  throw CommandError(2, what + "\nsee gardu --help");
}

void must_be_settings(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) wrong_call(file.string() + " cannot be read");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!nlohmann::json::parse(text, nullptr, false).is_object())
    wrong_call(file.string() + " is no JSON object");
}

check::Request check_request(const Arguments& a) {
  if (a.words.size() != 3) wrong_call("plugin check takes one FILE.so");
  check::Request request;
  request.file = a.words[2];
  request.settings = a.get("settings");
  request.only = a.get("only");
  std::error_code ec;
  if (!fs::is_regular_file(request.file, ec)) wrong_call(request.file.string() + " is no file");
  if (!request.settings.empty()) must_be_settings(request.settings);
  try {
    if (a.has("time-limit"))
      request.limit = std::chrono::milliseconds(
          static_cast<std::int64_t>(std::stod(a.get("time-limit")) * 1000));
  } catch (const std::exception&) {
    wrong_call("--time-limit takes seconds, not '" + a.get("time-limit") + "'");
  }
  if (request.limit.count() < 1 || request.limit > std::chrono::hours(1))
    wrong_call("--time-limit takes seconds up to an hour, not '" + a.get("time-limit") + "'");
  return request;
}

}  // namespace

int plugin_check_command(const Arguments& a) {
  const check::Request request = check_request(a);
  const bool as_json = a.has("json");
  std::vector<check::Outcome> outcomes;
  try {
    outcomes = check::run_checks(
        request, as_json ? nullptr : +[](const check::Request& r, const check::Outcome& o) {
          std::cout << check::as_text(r, o) << std::flush;
        });
  } catch (const std::regex_error& e) {
    wrong_call("--only takes a regular expression: " + std::string(e.what()));
  }
  if (outcomes.empty()) wrong_call("no check is named like '" + request.only + "'");
  std::cout << (as_json ? check::as_json(request, outcomes) : check::summary(outcomes));
  return check::passed(outcomes) ? 0 : 1;
}

int plugin_check_one_command(const Arguments& a) {
  if (a.words.size() != 5) wrong_call("plugin check-one is what plugin check starts for itself");
  const int code = check::run_one_check({a.words[2], a.words[3], a.words[4], a.get("settings")},
                                        check::kReportDescriptor);
  // The plugin is still mapped: what it registered for the end of the process is not run.
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace gardu::host
