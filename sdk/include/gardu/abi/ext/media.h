// SPDX-License-Identifier: Apache-2.0
//
// "gardu.media/1" (host, since 1.1): the gateway's media store. Files belong to a workspace; the
// same bytes are kept once. Every call blocks on the disk.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_MEDIA "gardu.media/1"

/* A file of the store. */
typedef struct gardu_media_info {
  uint32_t size;
  uint32_t reserved;
  gardu_str workspace_id; /* whose it is */
  gardu_str id;           /* given by the host */
  gardu_str mime_type;    /* e.g. "image/jpeg" */
  gardu_str file_name;    /* as the sender named it, or empty */
  gardu_str sha256;       /* hex; given by the host */
  uint64_t bytes;         /* given by the host */
} gardu_media_info;

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_media {
  uint32_t size;
  uint32_t reserved;

  /* [any-thread & started] Begins a file: workspace_id, mime_type and file_name are read from
     `info`. `writer` gets a handle for append and finish, which one thread uses at a time. */
  int32_t (*open)(void* context, const gardu_media_info* info, uint64_t* writer,
                  gardu_error* error);
  /* GARDU_INVALID: it has become larger than media.max_size; finish it with keep = 0. */
  int32_t (*append)(void* context, uint64_t writer, gardu_str bytes, gardu_error* error);
  /* Ends the handle. keep = 1: stores it and writes its id (36 characters and a zero). keep = 0:
     throws away what was written. Handles left open are thrown away at stop. */
  int32_t (*finish)(void* context, uint64_t writer, int32_t keep, char media_id[40],
                    gardu_error* error);

  /* [any-thread & started] Calls `on_info` once. GARDU_NOT_FOUND: not in this workspace. */
  int32_t (*stat)(void* context, gardu_str workspace_id, gardu_str media_id,
                  void (*on_info)(void* user, const gardu_media_info* info), void* user,
                  gardu_error* error);
  /* [any-thread & started] Up to `capacity` bytes from `offset`; `count` gets how many; 0: the end.
   */
  int32_t (*read)(void* context, gardu_str workspace_id, gardu_str media_id, uint64_t offset,
                  void* buffer, uint64_t capacity, uint64_t* count, gardu_error* error);
} gardu_host_media;
