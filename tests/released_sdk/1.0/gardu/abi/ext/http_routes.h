// SPDX-License-Identifier: Apache-2.0
//
// "gardu.http-routes/1" (host): routes on the gateway's own HTTP server. A plugin may claim paths
// under /api/v1/<plugin id>/, /webhooks/<plugin id> and /broadcasting/.
#pragma once
#include "../abi.h"

#define GARDU_EXT_HTTP_ROUTES "gardu.http-routes/1"

/* Who may call: checked by the host before the plugin sees the request. */
typedef enum gardu_route_auth {
  GARDU_AUTH_NONE = 0, /* anybody: the plugin verifies, e.g. a signature over the raw body */
  GARDU_AUTH_VIEWER = 1,
  GARDU_AUTH_AGENT = 2,
  GARDU_AUTH_ADMIN = 3,
  GARDU_AUTH_OWNER = 4,
  GARDU_AUTH_PLATFORM = 5
} gardu_route_auth;

typedef struct gardu_header {
  gardu_str name; /* as received; compare without regard to case */
  gardu_str value;
} gardu_header;

/* Who called; all empty with GARDU_AUTH_NONE. */
typedef struct gardu_principal {
  uint32_t size;
  uint32_t auth;          /* gardu_route_auth: the role of the token */
  gardu_str workspace_id; /* empty for a platform token */
  gardu_str user_id;      /* empty for an API token */
  gardu_str token_id;
  gardu_str name;
} gardu_principal;

/* Valid until the handler returns. */
typedef struct gardu_http_request {
  uint32_t size;
  uint32_t header_count;
  uint32_t param_count;
  uint32_t reserved;
  gardu_str method;
  gardu_str path;  /* as received, still percent-encoded */
  gardu_str query; /* raw, without '?' */
  gardu_str body;  /* the raw bytes */
  gardu_str remote_address;
  gardu_str request_id;
  const gardu_header* headers;
  const gardu_header* params; /* name and decoded value of each {name} of the pattern */
  const gardu_principal* principal;
} gardu_http_request;

typedef struct gardu_http_response {
  uint32_t size;
  int32_t status; /* e.g. 200 */
  gardu_str content_type;
  gardu_str body;
  const gardu_header* headers; /* further ones */
  uint32_t header_count;
  uint32_t reserved;
} gardu_http_response;

/* The right to answer one request. */
typedef struct gardu_http_reply {
  uint32_t size;
  uint32_t reserved;
  void* context;
  /* [any-thread] Answers; copies all it needs. Exactly one of send and drop, exactly once; after it
     the reply is gone. It may be called after the handler has returned. */
  void (*send)(void* context, const gardu_http_response* response);
  /* [any-thread] Gives up: the caller gets 500. */
  void (*drop)(void* context);
} gardu_http_reply;

typedef struct gardu_route {
  uint32_t size;
  uint32_t auth;       /* gardu_route_auth */
  gardu_str method;    /* "GET", … */
  gardu_str pattern;   /* "/webhooks/meta_cloud", "/api/v1/x/{id}" */
  uint64_t body_limit; /* bytes; larger: 413 by the host. 0: the host's default */
  int64_t deadline;    /* microseconds until 504; 0: the host's default (30 s) */
  /* [plugin-thread & started] The reply table itself is copied by the plugin if it answers later.
   */
  void (*handle)(void* user, const gardu_http_request* request, const gardu_http_reply* reply);
  void* user;
} gardu_route;

typedef struct gardu_host_http_routes {
  uint32_t size;
  uint32_t reserved;
  /* [plugin-thread] In `start` or later. Copies the route. GARDU_INVALID: not a path that this
     plugin may claim, or taken. Routes go with `stop`. */
  int32_t (*add)(void* context, const gardu_route* route, gardu_error* error);
} gardu_host_http_routes;
