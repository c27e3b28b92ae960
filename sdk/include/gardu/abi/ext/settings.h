// SPDX-License-Identifier: Apache-2.0
//
// "gardu.settings/1" (host, since 1.1): the plugin's settings as a workspace has them: those of
// `start`, with what the workspace's admins changed (PATCH /api/v1/plugins/{id}) merged over them
// and checked against the schema.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_SETTINGS "gardu.settings/1"

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_settings {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread & started] Calls `on_settings` once, on the calling thread, with a JSON object
     valid for that call. Cheap: asked anew whenever they are needed, never kept for long. */
  int32_t (*of_workspace)(void* context, gardu_str workspace_id,
                          void (*on_settings)(void* user, gardu_str settings), void* user,
                          gardu_error* error);
} gardu_host_settings;
