// SPDX-License-Identifier: Apache-2.0
#include "plugins/child_code.hpp"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "plugins/child_service.hpp"
#include "plugins/instance.hpp"
#include "plugins/wire_event.hpp"

namespace gardu::host {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStartLimit{60'000}, kStopLimit{10'000};
constexpr std::chrono::seconds kPing{5};
constexpr std::size_t kEventBytes = 1024;  // about as many an event has
constexpr int kSocketInChild = 3;
constexpr int kExitLimit = 2'000;  // milliseconds

// Both ends are closed by exec, but for the one that is made descriptor 3 there.
std::pair<int, int> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::runtime_error(std::string("socketpair: ") + std::strerror(errno));
  for (const int end : ends) {
    const int size = 1 << 20;
    ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }
  return {ends[0], ends[1]};
}

pid_t spawn(const std::filesystem::path& runner, const std::string& name, int socket) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, kSocketInChild);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // The gateway's threads block the signals that end it; the process has a life of its own.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::string program = runner.string(), id = name;
  char* arguments[] = {program.data(), id.data(), nullptr};
  pid_t pid = -1;
  const int failed =
      ::posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) throw std::runtime_error(program + ": " + std::strerror(failed));
  return pid;
}

std::string ending(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const char* const words = ::sigdescr_np(signal);
    return "by signal " + std::to_string(signal) + " (" + (words != nullptr ? words : "?") + ")";
  }
  return "with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

ChildCode::ChildCode(const std::filesystem::path& runner, const std::filesystem::path& file,
                     PluginInstance& plugin)
    : plugin_(plugin),
      file_(file),
      channel_([&] {
        const auto [ours, theirs] = socket_pair();
        auto channel = std::make_shared<Channel>(ours);
        try {
          pid_ = spawn(runner, plugin.id(), theirs);
        } catch (...) {
          ::close(theirs);
          throw;
        }
        ::close(theirs);
        return channel;
      }()),
      service_(std::make_unique<Service>(plugin, channel_)),
      alive_(std::make_shared<std::atomic<bool>>(true)) {
  channel_->start([this](FrameKind kind, std::uint64_t call,
                         std::string payload) { service_->take(kind, call, std::move(payload)); },
                  [this] { ended(); });
}

ChildCode::~ChildCode() {
  *alive_ = false;
  stopping_ = true;
  channel_->close();
  channel_->join();
  service_->stop();
}

void ChildCode::ended() {
  // A process that has closed its socket but lives on is of no use.
  if (!stopping_) ::kill(pid_, SIGKILL);
  // One that stops on its own is given a moment to.
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  pollfd end{process, POLLIN, 0};
  if (process < 0 || ::poll(&end, 1, kExitLimit) <= 0) ::kill(pid_, SIGKILL);
  if (process >= 0) ::close(process);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  const bool starved = WIFEXITED(status) && WEXITSTATUS(status) == kOutOfMemory;
  const std::string how = killed_   ? "was ended, because it did not answer in time"
                          : starved ? "ended, because it needed more than the " +
                                          std::to_string(plugin_.options().process_memory_mb) +
                                          " MiB of process_memory_mb"
                                    : "ended " + ending(status);
  {
    const std::lock_guard lock(mutex_);
    end_ = "the plugin's process " + how;
  }
  if (!stopping_) plugin_.code_ended("its process " + how);
}

Status ChildCode::gone() const {
  const std::lock_guard lock(mutex_);
  return {GARDU_INTERNAL, end_.empty() ? "the plugin's process is ending" : end_};
}

std::optional<std::string> ChildCode::call(FrameKind kind, std::string_view payload,
                                           milliseconds limit) {
  auto answer = channel_->call(kind, payload, limit);
  if (!answer) {
    if (channel_->open()) {
      killed_ = true;
      ::kill(pid_, SIGKILL);
    }
    channel_->join();  // how it ended is known then
  }
  return answer;
}

Status ChildCode::start(const std::string& settings) {
  const auto& manifest = plugin_.file().manifest;
  const auto& o = plugin_.options();
  const auto answer = call(FrameKind::start,
                           wire::pack(file_.string(), o.host_version, plugin_.id(), o.data_dir,
                                      settings, manifest.roles, o.process_memory_mb),
                           kStartLimit);
  if (!answer) return gone();
  wire::Reader in(*answer);
  Status status = in.get<Status>();
  if (in.get<bool>()) {
    gardu_transport_info info{};
    info.size = sizeof info;
    in.into(info.max_in_flight, info.features, info.max_per_second, info.text_limit);
    transport_ = info;
  }
  if (status.ok()) look_alive();
  return status;
}

// Its thread may hang in a timer, which nobody here waits for.
void ChildCode::look_alive() {
  pinged_ = false;
  plugin_.mailbox().after(kPing, {[this, alive = alive_] {
                                    if (!*alive || !channel_->open()) return;
                                    if (pinged_.exchange(true)) return;
                                    const auto answer =
                                        call(FrameKind::ping, {}, plugin_.options().hard_limit);
                                    if (answer) look_alive();
                                  },
                                  {}});
}

Status ChildCode::stop(const std::function<void()>& settle) {
  stopping_ = true;
  Status status;
  if (channel_->open()) {
    const auto answer = channel_->call(FrameKind::stop, {}, kStopLimit);
    status = answer ? wire::Reader(*answer).get<Status>() : Status::timeout("it did not stop");
    if (settle) settle();
    if (answer) (void)channel_->call(FrameKind::destroy, {}, kStopLimit);
  } else if (settle) {
    settle();
  }
  channel_->close();
  channel_->join();
  return status;
}

Status ChildCode::on_events(std::span<const EventRef> events, std::span<std::int32_t> results,
                            std::string& why) {
  std::string payload;
  payload.reserve(events.size() * kEventBytes);
  wire::Writer out(payload);
  out.put(static_cast<std::uint32_t>(events.size()));
  for (const EventRef& e : events) wire::put_event(out, e->view());
  std::optional<std::string> answer;
  service_->within_batch(plugin_.current_unit(), [&] {
    answer = call(FrameKind::on_events, payload, plugin_.options().hard_limit);
  });
  if (!answer) return gone();
  wire::Reader in(*answer);
  Status status = in.get<Status>();
  in.take(why);
  const auto told = in.get<std::vector<std::int32_t>>();
  std::copy_n(told.begin(), std::min(told.size(), results.size()), results.begin());
  return status;
}

Status ChildCode::connect(const Account& a) {
  const auto answer =
      call(FrameKind::connect,
           wire::pack(a.id, a.workspace_id, a.name, a.address, a.credentials, a.metadata),
           plugin_.options().hard_limit);
  return answer ? wire::Reader(*answer).get<Status>() : gone();
}

Status ChildCode::disconnect(std::string_view account_id) {
  const auto answer =
      call(FrameKind::disconnect, wire::pack(account_id), plugin_.options().hard_limit);
  return answer ? wire::Reader(*answer).get<Status>() : gone();
}

void ChildCode::send(const OutboundMessage& o, SendDone done) {
  gardu_message message{};
  const MessageTexts texts = texts_of(o.message);
  fill_view(o.message, texts, message);
  std::string payload;
  wire::Writer out(payload);
  wire::put_message(out, message);
  out.put(o.to, o.account_address, o.attempt, static_cast<std::uint64_t>(o.identities.size()));
  for (const Identity& id : o.identities) out.put(id.kind, id.value);
  channel_->ask(FrameKind::send, payload, [done = std::move(done)](const std::string* answer) {
    SendOutcome outcome;
    // Whether the provider has it is not known.
    outcome.status = Status::timeout("the transport's process ended");
    try {
      if (answer != nullptr) {
        wire::Reader in(*answer);
        in.into(outcome.status, outcome.accepted.provider_message_id, outcome.accepted.raw_id,
                outcome.accepted.peer_address, outcome.accepted.confirmed);
      }
    } catch (const std::exception& e) {
      outcome.status = Status::internal(e.what());
    }
    done(std::move(outcome));
  });
}

void ChildCode::act(const ActionRequest& a, ActionDone done) {
  channel_->ask(FrameKind::act, wire::pack(a.kind, a.account_id, a.to, a.target, a.text, a.value),
                [done = std::move(done)](const std::string* answer) {
                  if (answer == nullptr)
                    return done(Status::timeout("the transport's process ended"), {});
                  try {
                    wire::Reader in(*answer);
                    const auto status = in.get<Status>();
                    done(status, in.get<std::string>());
                  } catch (const std::exception& e) {
                    done(Status::internal(e.what()), {});
                  }
                });
}

}  // namespace gardu::host
