// SPDX-License-Identifier: Apache-2.0
//
// "gardu.kv/1" (host, since 1.1): small values by key, kept in the gateway's database, each
// plugin's its own. Keys are 1 to 200 bytes of UTF-8, values up to 256 KiB of any bytes. Every call
// blocks on the database. Within gardu.db/1's `transaction` and on_events of a durable subscriber
// the plugin thread's writes join the transaction, and its reads see them.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_KV "gardu.kv/1"

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_kv {
  uint32_t size;
  uint32_t reserved;

  /* [any-thread & started] Calls `on_value(user, key, value)` once, on the calling thread, views
     valid for that call. GARDU_NOT_FOUND: there is none, or it has expired. */
  int32_t (*get)(void* context, gardu_str key,
                 int32_t (*on_value)(void* user, gardu_str key, gardu_str value), void* user,
                 gardu_error* error);

  /* [any-thread & started] `ttl`: microseconds until it is gone; 0: kept until it is erased. */
  int32_t (*put)(void* context, gardu_str key, gardu_str value, int64_t ttl, gardu_error* error);

  /* [any-thread & started] Writes `value` only if the present one equals `expected`; a null
     `expected` means that there must be none. GARDU_REJECTED: it was not so, nothing is written. */
  int32_t (*compare_and_put)(void* context, gardu_str key, const gardu_str* expected,
                             gardu_str value, int64_t ttl, gardu_error* error);

  /* [any-thread & started] GARDU_OK also when there was none. */
  int32_t (*erase)(void* context, gardu_str key, gardu_error* error);

  /* [any-thread & started] The entries whose key begins with `prefix` and is greater than `after`,
     in the order of the keys' bytes, at most `limit` (0 or more than 1000: 1000). `on_value`
     returns 0 to stop. */
  int32_t (*scan)(void* context, gardu_str prefix, gardu_str after, uint32_t limit,
                  int32_t (*on_value)(void* user, gardu_str key, gardu_str value), void* user,
                  gardu_error* error);
} gardu_host_kv;
