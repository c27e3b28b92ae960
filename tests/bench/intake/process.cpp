// SPDX-License-Identifier: Apache-2.0
#include "process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <stdexcept>

#include "rest.hpp"

namespace gardu::bench {
namespace {

using nlohmann::json;

constexpr auto kPatience = std::chrono::seconds(120);

std::filesystem::path write_config(const Place& p) {
  const json config{
      {"data_dir", p.dir.string()},
      {"http", {{"listen", "127.0.0.1:0"}}},
      {"storage", {{"backend", p.backend}, {"dsn", p.dsn}, {"synchronous", p.synchronous}}},
      {"limits", {{"requests_per_minute", 1'000'000}}},
      {"plugins",
       {{"paths", {p.plugins}},
        {"load",
         {{"meta_cloud",
           {{"graph_url", "http://127.0.0.1:9"},
            {"app_secret", kAppSecret},
            {"verify_token", "bench-verify-token"}}}}}}}};
  const auto file = p.dir / "gardu.json";
  std::ofstream(file) << config.dump(2);
  return file;
}

// The child's process id. Its standard output and error go to `out`.
pid_t start(const std::vector<std::string>& command, int out) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string text;
  std::getline(in, text);
  return text;
}

}  // namespace

void migrate(const Place& place) {
  const auto config = write_config(place);
  const pid_t pid =
      start({place.binary, "migrate", "--up", "--config", config.string()}, STDERR_FILENO);
  if (wait_for(pid) != 0) throw std::runtime_error("gardu migrate --up failed");
}

Process::Process(const Place& place) {
  launch(place);
  try {
    await_listening();
    drain_ = std::thread([this] {
      char buffer[4096];
      for (;;) {
        const ssize_t n = ::read(out_, buffer, sizeof buffer);
        if (n <= 0) return;
        log_.append(buffer, static_cast<std::size_t>(n));
      }
    });
    token_ = read_file(place.dir / "owner.token");
    connect_account();
  } catch (...) {
    ::kill(pid_, SIGKILL);
    wait_for(pid_);
    if (drain_.joinable()) drain_.join();
    ::close(out_);
    throw;
  }
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait_for(pid_);
  }
  if (drain_.joinable()) drain_.join();
  ::close(out_);
}

void Process::launch(const Place& place) {
  const auto config = write_config(place);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  pid_ = start({place.binary, "serve", "--config", config.string()}, ends[1]);
  ::close(ends[1]);
  out_ = ends[0];
}

void Process::await_listening() {
  static const std::regex kListening(R"(http: listening on 127\.0\.0\.1:(\d+))");
  std::smatch found;
  while (!std::regex_search(log_, found, kListening)) {
    char buffer[4096];
    const ssize_t n = ::read(out_, buffer, sizeof buffer);
    if (n <= 0) throw std::runtime_error("gardu ended before it listened:\n" + log_);
    log_.append(buffer, static_cast<std::size_t>(n));
  }
  port_ = std::stoi(found[1]);
}

json Process::call(const std::string& method, const std::string& path,
                   const std::string& body) const {
  const Answer answer = request(port_, method, path, token_, body);
  if (answer.status < 200 || answer.status > 299)
    throw std::runtime_error(method + " " + path + ": " + std::to_string(answer.status) + " " +
                             answer.body);
  return json::parse(answer.body, nullptr, false);
}

void Process::connect_account() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  const auto again = [&](const char* what) {
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error(std::string("waited too long for ") + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  };
  while (request(port_, "GET", "/readyz", "", "").status != 200) again("readiness");
  const json account{{"transport", "meta_cloud"},
                     {"name", "bench"},
                     {"address", kPhoneNumberId},
                     {"credentials", {{"access_token", "bench-access-token"}}}};
  const auto id = call("POST", "/api/v1/accounts", account.dump()).at("id").get<std::string>();
  while (call("GET", "/api/v1/accounts/" + id).at("status") != "ready") again("the account");
}

std::int64_t Process::cpu_ns() const {
  clockid_t clock{};
  timespec t{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &t) != 0)
    throw std::runtime_error("the gateway is gone");
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

std::int64_t Process::metric(const std::string& name) const {
  const std::string text = "\n" + request(port_, "GET", "/metrics", token_, "").body;
  const auto at = text.find("\n" + name + " ");
  if (at == std::string::npos) throw std::runtime_error("no metric " + name);
  return std::stoll(text.substr(at + name.size() + 2));
}

std::int64_t Process::resident() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  return 0;
}

std::int64_t Process::count_messages() const {
  std::int64_t count = 0;
  std::string cursor;
  do {
    const json page = call("GET", "/api/v1/messages?direction=inbound&limit=200" +
                                      (cursor.empty() ? "" : "&cursor=" + cursor));
    count += static_cast<std::int64_t>(page.at("data").size());
    cursor = page.at("next_cursor").is_string() ? page.at("next_cursor").get<std::string>() : "";
  } while (!cursor.empty());
  return count;
}

void Process::stop() {
  ::kill(pid_, SIGTERM);
  const int status = wait_for(pid_);
  pid_ = -1;
  drain_.join();
  if (status != 0) throw std::runtime_error("gardu did not end in order:\n" + log_);
}

}  // namespace gardu::bench
