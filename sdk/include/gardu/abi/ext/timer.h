// SPDX-License-Identifier: Apache-2.0
//
// "gardu.timer/1" (host): one-shot timers that fire on the plugin's thread. All end with `stop`.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_TIMER "gardu.timer/1"

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_timer {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread & started] Calls `fire(user)` once on the [plugin-thread], not before `delay`
     microseconds have passed. Returns the timer's id, never 0; 0 when stopping (then fire is never
     called). `drop(user)`, may be null, is called instead of fire when the timer is cancelled or
     the plugin stops, so that user can be freed. */
  uint64_t (*schedule)(void* context, int64_t delay, void (*fire)(void* user),
                       void (*drop)(void* user), void* user);
  /* [any-thread] 1: will not fire any more; 0: it fired, fires just now, or never was. */
  int32_t (*cancel)(void* context, uint64_t id);
} gardu_host_timer;
