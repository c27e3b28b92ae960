// SPDX-License-Identifier: Apache-2.0
// gardu-plugin-runner: the process of one plugin. Started by the gateway, with the socket to it as
// descriptor 3; it ends when the gateway does.
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "runner/runner.hpp"

int main(int argc, char** argv) {
  constexpr int kSocket = 3;
  struct stat what {};
  if (argc != 2 || ::fstat(kSocket, &what) != 0 || !S_ISSOCK(what.st_mode)) {
    std::fprintf(stderr,
                 "gardu-plugin-runner is started by gardu for a plugin with \"isolation\": "
                 "\"process\"; it does nothing by itself\n");
    return 2;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, argv[1]);
  ::signal(SIGPIPE, SIG_IGN);
  // The plugin's program may start others: they have no business on the socket.
  ::fcntl(kSocket, F_SETFD, FD_CLOEXEC);
  // Batches come and go: their memory is kept, not given back and asked for again each time.
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
  gardu::host::Runner runner(kSocket);
  return runner.run();
}
