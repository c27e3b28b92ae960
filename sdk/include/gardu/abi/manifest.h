// SPDX-License-Identifier: Apache-2.0
//
// What a plugin says of itself before any of its code runs: a pointer-free record in the ELF
// section ".gardu_plugin", read from the file. The JSON Schema of its settings stands in the
// section ".gardu_schema".
#pragma once
#include "types.h"

#define GARDU_MANIFEST_MAGIC "GARDUPLG"               /* eight bytes, no terminator */
#define GARDU_MANIFEST_SECTION ".gardu_plugin"        /* where the manifest is */
#define GARDU_SCHEMA_SECTION ".gardu_schema"          /* where the schema of the settings is */
#define GARDU_MANIFEST_SYMBOL "gardu_plugin_manifest" /* the name that it is exported under */

/* What a plugin does, as bits: any mix of them. */
typedef enum gardu_role GARDU_NUMBER {
  GARDU_ROLE_SUBSCRIBER = 1, /* has on_events */
  GARDU_ROLE_TRANSPORT = 2,  /* implements gardu.transport/1 */
  GARDU_ROLE_HTTP = 4,       /* adds routes to the HTTP server */
  GARDU_ROLE_SERVICE = 8 /* has sockets of its own: a restart stops it before the new copy starts */
} gardu_role;

/* LIVE: what is committed from the start on. DURABLE: a cursor, committed together with what the
   plugin sent while handling the events; nothing is ever missed or handled twice. */
typedef enum gardu_delivery GARDU_NUMBER {
  GARDU_DELIVERY_LIVE = 0,
  GARDU_DELIVERY_DURABLE = 1
} gardu_delivery;

/* The record itself. Texts are zero-terminated and padded with zeros. */
typedef struct gardu_manifest {
  char magic[8]; /* GARDU_MANIFEST_MAGIC */
  uint32_t size;
  uint16_t abi_major;      /* built against */
  uint16_t abi_minor;      /* built against */
  uint16_t host_min_minor; /* the least host minor that will do */
  uint16_t reserved0;
  uint32_t roles;      /* gardu_role bits */
  uint32_t delivery;   /* gardu_delivery */
  uint32_t max_batch;  /* most events in one on_events; 0: the host's default (64) */
  uint64_t subscribes; /* bit n: gardu_event_type n */
  char id[64];         /* ^[a-z][a-z0-9_]*$; also the name of the file, without ".so" */
  char version[32];    /* semantic version */
  char name[64];       /* for people */
  char license[32];    /* SPDX */
  char toolchain[64];  /* compiler and C++ library that it was built with */
  char needs[256];     /* host services that it cannot do without, blank separated */
} gardu_manifest;
