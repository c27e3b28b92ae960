// SPDX-License-Identifier: Apache-2.0
#include "check/run.hpp"

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "check/child.hpp"
#include "check/scratch.hpp"

namespace gardu::host::check {
namespace {

using nlohmann::json;

std::string seconds(std::chrono::milliseconds t) {
  const auto tenths = (t.count() + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

// What the child said of itself.
struct Report {
  bool done = false;
  std::string during;  // the last step
  std::string expected = "the process lives on",
              rule = "abi/abi.h: nothing of a plugin may end the host's process";  // of a crash
};

Report read_report(const std::string& text, Outcome& out) {
  Report report;
  std::string step, inside;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const json j = json::parse(line, nullptr, false);
    if (!j.is_object()) continue;
    if (j.contains("step")) step = j["step"];
    if (j.contains("inside")) inside = j["inside"];
    if (j.contains("crash")) {
      report.expected = j["crash"];
      report.rule = j["rule"];
    }
    if (j.contains("note")) out.notes.push_back(j["note"]);
    if (j.contains("na")) out.reason = j["na"];
    if (j.contains("finding"))
      out.findings.push_back({j["finding"] == "warn", j["expected"], j["seen"], j["rule"]});
    report.done = report.done || j.contains("done");
  }
  if (!inside.empty()) step += (step.empty() ? "in " : ", in ") + inside;
  if (!step.empty()) report.during = " (" + step + ")";
  return report;
}

void judge_end(const ChildEnd& end, const Report& report, Outcome& out) {
  if (end.timed_out) {
    out.findings.push_back({false, "every call returns",
                            "nothing came back within " + seconds(end.took) + report.during,
                            "abi/abi.h: hooks run on the plugin's thread and must not block it"});
  } else if (end.signal != 0) {
    const char* name = ::sigabbrev_np(end.signal);
    const std::string signal = name != nullptr ? name : std::to_string(end.signal);
    out.findings.push_back({false, report.expected,
                            "the process was ended by SIG" + signal + report.during, report.rule});
  } else if (!report.done || end.exit_code != 0) {
    const std::string code = std::to_string(end.exit_code);
    out.findings.push_back({false, report.expected,
                            "the process ended with exit code " + code + report.during,
                            report.rule});
  }
  // What the checks of loading say more sharply.
  if (!end.out.empty() && out.name.rfind("load.", 0) != 0)
    out.findings.push_back({true, "nothing on standard output",
                            std::to_string(end.out.size()) + " bytes: " + end.out.substr(0, 80),
                            "abi/ext/log.h: what a plugin has to say goes to gardu.log/1"});
}

Outcome run_in_child(const Check& check, const Request& request) {
  const Scratch scratch;
  std::vector<std::string> arguments{"gardu",
                                     "plugin",
                                     "check-one",
                                     std::string(check.name),
                                     std::filesystem::absolute(request.file).string(),
                                     scratch.path().string()};
  if (!request.settings.empty())
    arguments.insert(arguments.end(),
                     {"--settings", std::filesystem::absolute(request.settings).string()});
  const ChildEnd end = run_child(arguments, request.limit * check.patience);
  Outcome out;
  out.name = check.name;
  out.about = check.about;
  out.took = end.took;
  out.output = end.out + end.errors;
  judge_end(end, read_report(end.report, out), out);
  if (!out.reason.empty()) out.verdict = Verdict::not_applicable;
  for (const Finding& f : out.findings) {
    if (out.verdict != Verdict::fail) out.verdict = f.warning ? Verdict::warn : Verdict::fail;
  }
  return out;
}

}  // namespace

std::vector<Outcome> run_checks(const Request& request, OnOutcome on_outcome) {
  const std::regex only(request.only);
  std::map<std::string_view, bool> failed;
  std::vector<Outcome> outcomes;
  for (const Check& check : all_checks()) {
    if (!request.only.empty() && !std::regex_search(std::string(check.name), only)) continue;
    Outcome outcome;
    if (!check.after.empty() && failed[check.after]) {
      outcome.name = check.name;
      outcome.about = check.about;
      outcome.verdict = Verdict::not_applicable;
      outcome.reason = "not run: " + std::string(check.after) + " did not pass";
      failed[check.name] = true;
    } else {
      outcome = run_in_child(check, request);
      failed[check.name] = outcome.verdict == Verdict::fail;
    }
    if (on_outcome != nullptr) on_outcome(request, outcome);
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

bool passed(const std::vector<Outcome>& outcomes) {
  for (const Outcome& o : outcomes)
    if (o.verdict == Verdict::fail) return false;
  return true;
}

}  // namespace gardu::host::check
