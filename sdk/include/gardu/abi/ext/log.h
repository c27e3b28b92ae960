// SPDX-License-Identifier: Apache-2.0
//
// "gardu.log/1" (host): one line into the gateway's log, under the plugin's name.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_LOG "gardu.log/1"

/* How grave a line is. One below or above these counts as the nearest. */
typedef enum gardu_log_level GARDU_CODE {
  GARDU_LOG_TRACE = 0,
  GARDU_LOG_DEBUG = 1,
  GARDU_LOG_INFO = 2,
  GARDU_LOG_WARN = 3,
  GARDU_LOG_ERROR = 4
} gardu_log_level;

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_log {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread] The host escapes control characters. Never pass a secret. */
  void (*log)(void* context, int32_t level, gardu_str message);
  /* [any-thread] 1 when lines of that level are written, so that costly texts can be spared. */
  int32_t (*enabled)(void* context, int32_t level);
} gardu_host_log;
