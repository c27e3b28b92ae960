// SPDX-License-Identifier: Apache-2.0
//
// "gardu.send/1" (host): enqueues an outbound message. The host stores it as pending, journals
// message.sent, and hands it to the account's transport with retries and rate limits.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_SEND "gardu.send/1"

/* A message to be sent: to `contact_id`, or to `to` from `account_id`. Read during the call. */
typedef struct gardu_send_request {
  uint32_t size;
  uint32_t type;     /* gardu_message_type */
  uint32_t priority; /* gardu_priority */
  uint32_t reserved;
  gardu_str workspace_id;        /* required */
  gardu_str account_id;          /* with `to`; else taken from the contact */
  gardu_str contact_id;          /* or: */
  gardu_str to;                  /* phone number or provider address */
  gardu_str text;                /* body or caption */
  gardu_str content;             /* JSON object as gardu_message.content */
  gardu_str reply_to_message_id; /* ours */
  gardu_str client_ref;          /* at most 255 bytes */
  gardu_str metadata;            /* JSON object */
  int64_t scheduled_at;          /* 0: now */
} gardu_send_request;

/* [any-thread] Called exactly once: GARDU_OK after the message is stored for good. */
typedef void (*gardu_send_done)(void* user, int32_t status, const gardu_error* error);

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_send {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread & started] Copies the request, never blocks, writes the new message's id (36
     characters and a zero) to `message_id`.
     Inside on_events of a durable subscriber the message joins the batch: it is stored in the
     transaction that moves the cursor, or not at all; `done` (may be null) is called after it.
     GARDU_INVALID, GARDU_FULL, GARDU_STOPPED: nothing was taken, `done` will not be called. */
  int32_t (*send)(void* context, const gardu_send_request* request, char message_id[40],
                  gardu_send_done done, void* user, gardu_error* error);
} gardu_host_send;
