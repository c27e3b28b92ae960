// SPDX-License-Identifier: Apache-2.0
//
// "gardu.secrets/1" (host): secrets that the gateway makes up once and keeps in its data directory.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_SECRETS "gardu.secrets/1"

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_secrets {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread] The plugin's secret of that name as lower-case hex, made of `bytes` (16 to 64)
     random ones the first time. Writes at most `capacity` characters with a closing zero;
     GARDU_INVALID when that is too little. */
  int32_t (*get_or_create)(void* context, gardu_str name, uint32_t bytes, char* out,
                           uint64_t capacity, gardu_error* error);
} gardu_host_secrets;
