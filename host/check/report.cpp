// SPDX-License-Identifier: Apache-2.0
// What the outcomes look like: for people, and as JSON.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "check/run.hpp"

namespace gardu::host::check {
namespace {

std::string one_word(Verdict v) {
  switch (v) {
    case Verdict::ok:
      return "ok";
    case Verdict::warn:
      return "warn";
    case Verdict::fail:
      return "FAIL";
    case Verdict::not_applicable:
      return "n/a";
  }
  return "FAIL";
}

// A name for --only that is this check's alone.
std::string only_this(const std::string& name) {
  std::string out = "^";
  for (const char c : name) {
    if (c == '.') out += '\\';
    out += c;
  }
  return out + "$";
}

std::string how_alone(const Request& request, const std::string& name) {
  std::string out = "gardu plugin check " + request.file.string();
  if (!request.settings.empty()) out += " --settings " + request.settings.string();
  return out + " --only '" + only_this(name) + "'";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

// One line of what may hold several, or bytes that a terminal would act on.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    out += u < 0x20 || u == 0x7f ? ' ' : c;
  }
  return out;
}

}  // namespace

std::string as_text(const Request& request, const Outcome& o) {
  std::string out = padded(one_word(o.verdict), 6) + padded(o.name, 24) +
                    (o.verdict == Verdict::not_applicable ? o.reason : o.about) + "\n";
  const auto line = [&](const char* what, const std::string& text) {
    out += "        " + padded(what, 10) + plain(text) + "\n";
  };
  for (const std::string& note : o.notes) line("note", note);
  for (const Finding& f : o.findings) {
    line(f.warning ? "expected?" : "expected", f.expected);
    line("seen", f.seen);
    line("rule", f.rule);
  }
  if (!o.findings.empty()) line("alone", how_alone(request, o.name));
  return out;
}

std::string summary(const std::vector<Outcome>& outcomes) {
  const auto count = [&](Verdict v) {
    return std::to_string(std::count_if(outcomes.begin(), outcomes.end(),
                                        [v](const Outcome& o) { return o.verdict == v; }));
  };
  return std::to_string(outcomes.size()) + " checks: " + count(Verdict::ok) + " ok, " +
         count(Verdict::warn) + " with warnings, " + count(Verdict::fail) + " failed, " +
         count(Verdict::not_applicable) + " not applicable\n";
}

std::string as_json(const Request& request, const std::vector<Outcome>& outcomes) {
  using nlohmann::json;
  json all = json::array();
  for (const Outcome& o : outcomes) {
    json findings = json::array();
    for (const Finding& f : o.findings)
      findings.push_back({{"level", f.warning ? "warn" : "fail"},
                          {"expected", f.expected},
                          {"seen", f.seen},
                          {"rule", f.rule}});
    json one{{"check", o.name},
             {"about", o.about},
             {"verdict", o.verdict == Verdict::fail ? "fail" : one_word(o.verdict)},
             {"findings", std::move(findings)},
             {"notes", o.notes},
             {"milliseconds", o.took.count()},
             {"alone", how_alone(request, o.name)}};
    if (!o.reason.empty()) one["reason"] = o.reason;
    if (!o.output.empty()) one["output"] = o.output;
    all.push_back(std::move(one));
  }
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace gardu::host::check
