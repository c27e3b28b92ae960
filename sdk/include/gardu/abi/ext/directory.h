// SPDX-License-Identifier: Apache-2.0
//
// "gardu.directory/1" (host, since 1.1): accounts, contacts and labels: find, page, update. Records
// are JSON objects as the REST interface answers them, without credentials; valid for the call that
// shows them. Every call blocks on the database.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_DIRECTORY "gardu.directory/1"

/* What to find. */
typedef enum gardu_record_kind GARDU_NUMBER {
  GARDU_RECORD_ACCOUNT = 1,
  GARDU_RECORD_CONTACT = 2,
  GARDU_RECORD_LABEL = 3
} gardu_record_kind;

/* Which records to find: what is empty narrows nothing. Read during the call. */
typedef struct gardu_directory_query {
  uint32_t size;
  uint32_t kind;  /* gardu_record_kind */
  uint32_t limit; /* 0 or more than 200: 200 */
  uint32_t reserved;
  gardu_str workspace_id; /* required */
  gardu_str id;           /* this record alone */
  gardu_str account_id;   /* contacts of this account */
  gardu_str identity;     /* with account_id: the contact with this phone, LID or group id */
  gardu_str label;        /* contacts that have this label */
  gardu_str text;         /* contacts by a part of name or number */
  gardu_str cursor;       /* where the page before ended; empty: the first page */
} gardu_directory_query;

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_directory {
  uint32_t size;
  uint32_t reserved;

  /* [any-thread & started] Calls `on_record` for each, on the calling thread; it returns 0 to stop.
     `next` (may be null) gets the cursor of the next page as a zero-terminated text, empty at the
     end. Nothing found is GARDU_OK without a call. */
  int32_t (*find)(void* context, const gardu_directory_query* query,
                  int32_t (*on_record)(void* user, gardu_str id, gardu_str json), void* user,
                  char next[256], gardu_error* error);

  /* [any-thread & started] Changes a contact: `patch` is a JSON object with any of "name",
     "labels", "custom_fields", "archived", "blocked", "conversation" ({"status", "assigned_to",
     "auto_reply"}), as PATCH /contacts/{id} takes it. Journals contact.updated or
     conversation.updated. Joins a transaction as gardu.db/1 says. GARDU_NOT_FOUND, GARDU_INVALID.
   */
  int32_t (*update_contact)(void* context, gardu_str workspace_id, gardu_str contact_id,
                            gardu_str patch, gardu_error* error);
} gardu_host_directory;
