// SPDX-License-Identifier: Apache-2.0
//
// "gardu.journal/1" (host): reads past events.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_JOURNAL "gardu.journal/1"

/* Which events to read. Read during the call. */
typedef struct gardu_journal_query {
  uint32_t size;
  uint32_t limit;         /* at most 1000; 0: 1000 */
  int64_t after_seq;      /* events with a greater seq, oldest first */
  uint64_t types;         /* bit n: gardu_event_type n; 0: all */
  gardu_str workspace_id; /* required */
  gardu_str contact_id;   /* empty: all */
  gardu_str account_id;   /* empty: all */
} gardu_journal_query;

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_journal {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread & started] Calls `on_event` for each, on the calling thread, views valid for that
     call; it returns 0 to stop early. Blocks on the database: not for latency-bound threads. */
  int32_t (*read)(void* context, const gardu_journal_query* query,
                  int32_t (*on_event)(void* user, const gardu_event* event), void* user,
                  gardu_error* error);
  /* [any-thread & started] The newest committed seq, and the oldest still kept. Blocks too. */
  int32_t (*range)(void* context, int64_t* oldest, int64_t* newest);
  /* Since 1.1; ask with GARDU_HAS. [any-thread & started] The seq up to which events of that
     workspace were deleted, because it does not keep them for longer; 0: none were. Whoever wants
     to know all that came after an earlier seq has to start anew. Blocks too. */
  int32_t (*cut)(void* context, gardu_str workspace_id, int64_t* seq, gardu_error* error);
} gardu_host_journal;
