// SPDX-License-Identifier: Apache-2.0
//
// "gardu.metrics/1" (host): numbers for /metrics (Prometheus text). Names are prefixed by the host:
// "deliveries_total" of plugin "pusher" becomes gardu_pusher_deliveries_total.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_METRICS "gardu.metrics/1"

/* How a series moves. */
typedef enum gardu_metric_kind GARDU_NUMBER {
  GARDU_METRIC_COUNTER = 0, /* only upwards */
  GARDU_METRIC_GAUGE = 1    /* up and down */
} gardu_metric_kind;

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_metrics {
  uint32_t size;
  uint32_t reserved;
  /* [plugin-thread] A series by name and labels (`k="v",…` as Prometheus writes them, or empty).
     The same again gives the same id. 0: name or labels are malformed,
     or the name is in use for the other kind. */
  uint64_t (*define)(void* context, uint32_t kind, gardu_str name, gardu_str labels,
                     gardu_str help);
  /* [any-thread] One atomic operation. Nothing happens with id 0. */
  void (*add)(void* context, uint64_t id, int64_t delta);
  /* [any-thread] Puts the value in the place of the old one: for gauges. Else as `add`. */
  void (*set)(void* context, uint64_t id, int64_t value);
} gardu_host_metrics;
