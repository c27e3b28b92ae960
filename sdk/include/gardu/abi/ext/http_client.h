// SPDX-License-Identifier: Apache-2.0
//
// "gardu.http-client/1" (host, since 1.1): HTTP and HTTPS requests over the host's pooled
// connections: TLS 1.2 and newer with the system's certificates, the configured proxy, one deadline
// for all of it. Redirects are not followed. URLs whose host resolves to a private, loopback or
// link-local address are refused unless the configuration allows them
// (plugins.load.<id>.allow_private_addresses). Headers named Authorization, Cookie, or with
// "token", "secret" or "key" in their name, and the URL's query, never reach a log.
#pragma once
#include "../abi.h"
#include "http_routes.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_HTTP_CLIENT "gardu.http-client/1"

/* A request to somebody. Read during the call. */
typedef struct gardu_http_call {
  uint32_t size;
  uint32_t header_count;       /* of `headers` */
  gardu_str method;            /* "GET", … */
  gardu_str url;               /* absolute, http or https; no user or password in it */
  const gardu_header* headers; /* may be null when there are none */
  gardu_str body;              /* may be empty */
  int64_t deadline;            /* microseconds for all of it; 0: 30 s; at most 5 min */
  uint64_t max_answer;         /* bytes of the answer's body; 0: 1 MiB; at most 64 MiB */
} gardu_http_call;

/* How far a call came: whether to try it again depends on it. */
typedef enum gardu_http_progress GARDU_NUMBER {
  GARDU_HTTP_ANSWERED = 0,    /* the members of the answer hold */
  GARDU_HTTP_UNREACHABLE = 1, /* no connection came about: the request was not carried out */
  GARDU_HTTP_UNSENT = 2,      /* lost before all of it was out: not carried out */
  GARDU_HTTP_UNKNOWN = 3,     /* sent, but no whole answer came: it may have been carried out */
  GARDU_HTTP_STOPPED = 4,     /* the plugin stopped; may have been carried out */
  GARDU_HTTP_REFUSED = 5      /* by the address guard, or not a URL: `error` says which */
} gardu_http_progress;

/* What came of it. Valid for the call that shows it. */
typedef struct gardu_http_answer {
  uint32_t size;
  uint32_t progress;           /* gardu_http_progress */
  int32_t status;              /* e.g. 200 */
  uint32_t header_count;       /* of `headers` */
  const gardu_header* headers; /* of the answer */
  gardu_str body;              /* whole */
  gardu_str error;             /* for people, when not answered; without the query */
} gardu_http_answer;

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_http_client {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread & started] Begins a call; copies all it needs, never blocks. GARDU_OK: `done` is
     called exactly once: on the [plugin-thread], or on any thread with GARDU_HTTP_STOPPED when the
     plugin stops first. GARDU_FULL (1,000 under way), GARDU_STOPPED: it is not. */
  int32_t (*request)(void* context, const gardu_http_call* call,
                     void (*done)(void* user, const gardu_http_answer* answer), void* user,
                     gardu_error* error);
} gardu_host_http_client;
