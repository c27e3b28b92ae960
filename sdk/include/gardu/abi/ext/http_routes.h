// SPDX-License-Identifier: Apache-2.0
//
// "gardu.http-routes/1" (host): routes on the gateway's own HTTP server. A plugin may claim paths
// under /api/v1/<plugin id>/, /webhooks/<plugin id> and /broadcasting/.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_HTTP_ROUTES "gardu.http-routes/1"

/* Who may call: checked by the host before the plugin sees the request. A token that is narrowed to
   some accounts may call what a viewer may, whatever its role. */
typedef enum gardu_route_auth GARDU_NUMBER {
  GARDU_AUTH_NONE = 0,    /* anybody: the plugin verifies, e.g. a signature over the raw body */
  GARDU_AUTH_VIEWER = 1,  /* a token of this role in a workspace, or a higher one */
  GARDU_AUTH_AGENT = 2,   /* likewise */
  GARDU_AUTH_ADMIN = 3,   /* likewise */
  GARDU_AUTH_OWNER = 4,   /* likewise */
  GARDU_AUTH_PLATFORM = 5 /* a platform token */
} gardu_route_auth;

/* A name with its value: a header, or a parameter of the path. */
typedef struct gardu_header {
  gardu_str name;  /* as received; compare without regard to case */
  gardu_str value; /* may be empty */
} gardu_header;

/* Who called; all empty with GARDU_AUTH_NONE. */
typedef struct gardu_principal {
  uint32_t size;
  uint32_t auth;          /* gardu_route_auth: the role of the token */
  gardu_str workspace_id; /* empty for a platform token */
  gardu_str user_id;      /* empty for an API token */
  gardu_str token_id;     /* of the token, never the token itself */
  gardu_str name;         /* of the user or token, for people */
} gardu_principal;

/* A request to a route of the plugin. Valid until the handler returns. */
typedef struct gardu_http_request {
  uint32_t size;
  uint32_t header_count; /* of `headers` */
  uint32_t param_count;  /* of `params` */
  uint32_t reserved;
  gardu_str method;            /* "GET", … */
  gardu_str path;              /* as received, still percent-encoded */
  gardu_str query;             /* raw, without '?' */
  gardu_str body;              /* the raw bytes */
  gardu_str remote_address;    /* the caller's; X-Forwarded-For counts from a trusted proxy alone */
  gardu_str request_id;        /* to name it by in logs and answers */
  const gardu_header* headers; /* without Authorization, where the host checked it */
  const gardu_header* params;  /* name and decoded value of each {name} of the pattern */
  const gardu_principal* principal; /* who called; never null */
} gardu_http_request;

/* An answer. */
typedef struct gardu_http_response {
  uint32_t size;
  int32_t status;              /* e.g. 200; sent as 500 when it is not within 100 to 599 */
  gardu_str content_type;      /* empty: none is sent */
  gardu_str body;              /* may be empty */
  const gardu_header* headers; /* further ones; malformed ones are left out */
  uint32_t header_count;       /* of `headers` */
  uint32_t reserved;
} gardu_http_response;

/* The right to answer one request. */
typedef struct gardu_http_reply {
  uint32_t size;
  uint32_t reserved;
  void* context; /* first argument of the functions below */
  /* [any-thread] Answers; copies all it needs. Exactly one of send and drop, exactly once; after it
     the reply is gone. It may be called after the handler has returned. */
  void (*send)(void* context, const gardu_http_response* response);
  /* [any-thread] Gives up: the caller gets 500. */
  void (*drop)(void* context);
} gardu_http_reply;

/* A route, and who handles what comes in on it. */
typedef struct gardu_route {
  uint32_t size;
  uint32_t auth;       /* gardu_route_auth */
  gardu_str method;    /* "GET", … */
  gardu_str pattern;   /* "/webhooks/meta_cloud", "/api/v1/x/{id}" */
  uint64_t body_limit; /* bytes; larger: 413 by the host. 0: the host's default */
  int64_t deadline;    /* microseconds until 504; 0: the host's default (30 s) */
  /* [plugin-thread & started] Handles a request. The reply table itself is copied by the plugin if
     it answers later. */
  void (*handle)(void* user, const gardu_http_request* request, const gardu_http_reply* reply);
  void* user; /* the plugin's own, first argument of `handle` */
} gardu_route;

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_http_routes {
  uint32_t size;
  uint32_t reserved;
  /* [plugin-thread] In `start` or later. Copies the route. GARDU_INVALID: not a path that this
     plugin may claim, or taken. Routes go with `stop`. */
  int32_t (*add)(void* context, const gardu_route* route, gardu_error* error);
} gardu_host_http_routes;
