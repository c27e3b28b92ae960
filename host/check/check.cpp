// SPDX-License-Identifier: Apache-2.0
#include "check/check.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "schema/schema.hpp"

namespace gardu::host::check {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

void write_line(int descriptor, const json& line) {
  const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(descriptor, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // the parent has gone
    at += static_cast<std::size_t>(n);
  }
}

std::string read_whole(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string out(in ? static_cast<std::size_t>(fs::file_size(path)) : 0, '\0');
  if (!in || !in.read(out.data(), static_cast<std::streamsize>(out.size())))
    throw std::runtime_error(path.string() + " cannot be read");
  return out;
}

// The texts that masking replaces. Short ones stand in other words by chance.
void collect_secrets(const json& plain, const json& masked, std::vector<std::string>& out) {
  if (plain.is_string() && plain != masked && plain.get<std::string>().size() >= 6)
    out.push_back(plain);
  if (plain.is_structured() && plain.size() == masked.size())
    for (auto p = plain.begin(), m = masked.begin(); p != plain.end(); ++p, ++m)
      collect_secrets(*p, *m, out);
}

// What the host would hand to `start`: the settings given with the schema's defaults filled in.
void fill_settings(Subject& subject, const fs::path& file) {
  json value = json::object();
  if (!file.empty()) value = json::parse(read_whole(file));
  if (subject.read && !subject.read->schema.empty())
    if (const auto schema = Schema::compile(subject.read->schema)) {
      for (const SchemaProblem& p : schema->validate(value))
        subject.problems.push_back((p.path.empty() ? "" : p.path + ": ") + p.message);
      value = schema->with_defaults(std::move(value));
      collect_secrets(value, schema->masked(value), subject.secrets);
    }
  subject.settings = value.dump();
}

Subject make_subject(const OneRequest& request) {
  Subject subject;
  subject.file = fs::absolute(request.file);
  subject.data_dir = request.data_dir;
  subject.bytes = read_whole(subject.file);
  if (auto read = parse_plugin_file(subject.file, subject.bytes)) {
    subject.read = std::move(*read);
  } else {
    subject.refusal = read.status().message();
  }
  fill_settings(subject, request.settings);
  return subject;
}

}  // namespace

void Sink::step(std::string_view what) { write_line(descriptor_, {{"step", what}}); }
void Sink::inside(std::string_view hook) { write_line(descriptor_, {{"inside", hook}}); }
void Sink::on_crash(std::string_view expected, std::string_view rule) {
  write_line(descriptor_, {{"crash", expected}, {"rule", rule}});
}
void Sink::note(std::string_view what) { write_line(descriptor_, {{"note", what}}); }
void Sink::not_applicable(std::string_view why) { write_line(descriptor_, {{"na", why}}); }
void Sink::done() { write_line(descriptor_, {{"done", true}}); }
void Sink::finding(const Finding& f) {
  write_line(descriptor_, {{"finding", f.warning ? "warn" : "fail"},
                           {"expected", f.expected},
                           {"seen", f.seen},
                           {"rule", f.rule}});
}

void Context::fail(std::string expected, std::string seen, std::string rule) {
  ++failures_;
  sink_.finding({false, std::move(expected), std::move(seen), std::move(rule)});
}
void Context::warn(std::string expected, std::string seen, std::string rule) {
  sink_.finding({true, std::move(expected), std::move(seen), std::move(rule)});
}

int run_one_check(const OneRequest& request, int descriptor) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Out of the way of a plugin that writes to numbers it does not own, and of what it starts.
  const int moved = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 200);
  if (moved < 0) return 2;
  ::close(descriptor);
  Sink sink(moved);
  const auto& checks = all_checks();
  const auto check = std::find_if(checks.begin(), checks.end(),
                                  [&](const Check& c) { return c.name == request.name; });
  if (check == checks.end()) return 2;
  try {
    const Subject subject = make_subject(request);
    Context context(subject, sink);
    try {
      if (!subject.read && !check->after.empty()) context.skip(subject.refusal);
      check->run(context);
    } catch (const NotApplicable& e) {
      sink.not_applicable(e.what());
    }
  } catch (const std::exception& e) {
    sink.finding({false, "the check runs to its end", e.what(), "none: the check gave up"});
  }
  sink.done();
  return 0;
}

}  // namespace gardu::host::check
