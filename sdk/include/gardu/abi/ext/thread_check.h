// SPDX-License-Identifier: Apache-2.0
//
// "gardu.thread-check/1" (host, since 1.1): for assertions of one's own. A host that checks (`gardu
// plugin check`, FakeHost) reports who called what from a thread where it may not be called.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_THREAD_CHECK "gardu.thread-check/1"

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_thread_check {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread] 1: the caller is in a call on the [plugin-thread]; else 0. */
  int32_t (*on_plugin_thread)(void* context);
} gardu_host_thread_check;
