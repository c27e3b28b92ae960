// SPDX-License-Identifier: Apache-2.0
// gardu serve: runs until a signal says otherwise.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "app/gateway.hpp"
#include "cli/cli.hpp"

namespace gardu::host {
namespace {

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// What of a new configuration can be had without a restart.
void reload(const Arguments& args, const Logger& log) {
  try {
    const Settings now = load_settings(args);
    log.sink().set_level(log_level(now.log_level).value_or(LogLevel::info));
    log.info(
        "the configuration was read again: the log level applies; anything else needs a restart");
  } catch (const std::exception& e) {
    log.error("the configuration was not taken over: {}", e.what());
  }
}

// Waits for the signal that ends a drain at once. Ended itself by SIGUSR1 from `serve`.
void watch_for_second() {
  sigset_t set = watched_signals();
  sigdelset(&set, SIGHUP);
  sigaddset(&set, SIGUSR1);
  int signal = 0;
  sigwait(&set, &signal);
  if (signal != SIGUSR1) ::_exit(1);
}

// A socket is a file: the usual 1,024 are soon used up by clients and calls to the outside.
void allow_many_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int serve(const Arguments& args) {
  const Settings settings = load_settings(args);
  // Blocked before any thread is made, so that all inherit it and only sigwait takes them.
  sigset_t set = watched_signals();
  sigset_t blocked = set;
  sigaddset(&blocked, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file at its limit is an error of writing, as a full disk is
  allow_many_files();

  const Logger log(make_log_sink(log_level(settings.log_level).value_or(LogLevel::info),
                                 settings.log_format == "json"),
                   "gardu");
  Gateway gateway(settings, log);
  gateway.start();
  for (int signal = 0;;) {
    sigwait(&set, &signal);
    if (signal != SIGHUP) break;
    reload(args, log);
  }
  log.info("stopping; a second signal ends the gateway at once");
  std::thread second(watch_for_second);
  const bool ended = gateway.drain();
  pthread_kill(second.native_handle(), SIGUSR1);
  second.join();
  log.info("stopped");
  if (!ended) ::_exit(0);  // a plugin's thread hangs in its code: nothing can be torn down under it
  return 0;
}

}  // namespace gardu::host
