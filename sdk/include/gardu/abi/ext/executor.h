// SPDX-License-Identifier: Apache-2.0
//
// "gardu.executor/1" (host, since 1.1): brings work from any thread to the plugin's own.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_EXECUTOR "gardu.executor/1"

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_executor {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread & started] Calls `run(user)` once on the [plugin-thread], later, never during the
     call; or `drop(user)` (may be null), on any thread, when the plugin stops first. Exactly one of
     the two when GARDU_OK; neither on GARDU_FULL (10,000 wait) and GARDU_STOPPED. */
  int32_t (*post)(void* context, void (*run)(void* user), void (*drop)(void* user), void* user,
                  gardu_error* error);
} gardu_host_executor;
