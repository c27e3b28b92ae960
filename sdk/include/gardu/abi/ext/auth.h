// SPDX-License-Identifier: Apache-2.0
//
// "gardu.auth/1" (host): who a bearer token is, and what it may see.
#pragma once
#include "../abi.h"
#include "http_routes.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_AUTH "gardu.auth/1"

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_auth {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread & started] May the principal follow the events of this contact or account? Both
     empty: of the workspace as a whole. GARDU_OK, or GARDU_FORBIDDEN when it is another
     workspace's, does not exist (one answer: existence never leaks), or the token is narrowed to
     other accounts. Blocks on the database. */
  int32_t (*may_follow)(void* context, const gardu_principal* principal, gardu_str workspace_id,
                        gardu_str contact_id, gardu_str account_id);
} gardu_host_auth;
