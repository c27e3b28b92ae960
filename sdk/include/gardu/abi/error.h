// SPDX-License-Identifier: Apache-2.0
//
// Statuses and the error record. A status carries its class: what the host does about it is decided
// from the number alone, the text is for people.
#pragma once
#include "types.h"

/* What came of a call. Functions return it as int32_t. */
typedef enum gardu_status GARDU_CODE {
  GARDU_OK = 0, /* done, or taken over as the function says */

  /* Worth another try; the host decides when. */
  GARDU_RETRY = 1,         /* a passing fault; counts as an attempt */
  GARDU_THROTTLED = 2,     /* asked to slow down: see retry_after and scope; not an attempt */
  GARDU_NOT_CONNECTED = 3, /* the way is closed for now; not an attempt */
  GARDU_FULL = 4,          /* the receiver's queue is full; nothing was taken over */

  /* Trying the same again cannot help. */
  GARDU_REJECTED = 16,     /* the other side refused this message */
  GARDU_INVALID = 17,      /* malformed, or against a documented limit */
  GARDU_AUTH = 18,         /* credentials refused: the account needs a person */
  GARDU_UNSUPPORTED = 19,  /* not a thing that this side can do */
  GARDU_NOT_FOUND = 20,    /* there is no such thing */
  GARDU_UNCONFIGURED = 21, /* a setting or credential is missing; the message names it */
  GARDU_FORBIDDEN = 22,    /* not allowed to this caller */

  /* Something is broken. */
  GARDU_INTERNAL = 32, /* a fault in the program that answers */
  GARDU_TIMEOUT = 33,  /* no answer in time; the outcome is unknown */
  GARDU_STOPPED = 34   /* the host or the plugin is stopping */
} gardu_status;

/* How far a GARDU_THROTTLED reaches. */
typedef enum gardu_scope GARDU_NUMBER {
  GARDU_SCOPE_MESSAGE = 0, /* this message alone */
  GARDU_SCOPE_PAIR = 1,    /* this account towards this contact */
  GARDU_SCOPE_ACCOUNT = 2  /* everything that this account sends */
} gardu_scope;

/* Why something failed. The caller owns it and passes it zeroed but for `size`; the callee writes
   into it. Texts are zero-terminated UTF-8, cut when too long. Never puts a secret in here: the
   host logs it and shows it to operators. */
typedef struct gardu_error {
  uint32_t size;
  int32_t status;      /* gardu_status */
  int64_t retry_after; /* microseconds; 0: not told */
  uint32_t scope;      /* gardu_scope */
  uint32_t reserved;
  char provider_code[32]; /* the other side's own code, e.g. "131047" */
  char title[128];        /* a few words, stable per code */
  char message[512];      /* what happened, and what to do about it */
} gardu_error;
