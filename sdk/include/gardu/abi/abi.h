// SPDX-License-Identifier: Apache-2.0
//
// The binary contract between Gardu and its plugins, version 1. Start here: this header brings in
// the others. C11 and C++; nothing but fixed-width integers, function pointers and plain structs
// crosses the boundary.
//
// Rules that hold in every header below this folder
//  1. Tables and structs begin with `size`, the bytes that their writer knows. A reader looks at a
//     field only after GARDU_HAS(pointer, type, field). Fields are appended, never moved or
//     retyped.
//  2. Numbers of enumerations are fixed for ever; more are appended. Unknown ones are tolerated: an
//     unknown event is skipped, an unknown status is treated as GARDU_INTERNAL.
//  3. Text is UTF-8 as {data,size}, not terminated. A view lives as long as the comment at the
//     function says; unless it says more, until that function returns. Empty: size 0.
//  4. Times are int64_t microseconds since 1970-01-01 UTC; 0 means "not known".
//  5. Whoever allocates frees. No side ever frees what the other made.
//  6. Nothing throws across: a plugin returns a status, and fills the gardu_error it was handed.
//  7. Threads. [plugin-thread]: called by the host on that plugin's own thread, never two at once
//     for one plugin; which system thread it is may change. [any-thread]: may be called from any
//     thread between create and destroy. "& started" / "& !started": only in that state.
#pragma once
#include "error.h"
#include "event.h"
#include "manifest.h"
#include "types.h"

/* What the host offers. Lives until the plugin's destroy has returned. */
typedef struct gardu_host {
  uint32_t size;
  uint16_t abi_major;  /* that the host speaks */
  uint16_t abi_minor;  /* that the host offers */
  void* context;       /* opaque; first argument of the functions below */
  gardu_str version;   /* of the host program, e.g. "0.1.0" */
  gardu_str plugin_id; /* as configured */
  gardu_str data_dir;  /* a folder of the plugin's own, created on demand by the host, mode 0700 */

  /* [any-thread] A host service by id, e.g. "gardu.log/1" (abi/ext/): a pointer to its table, or
     null when this host does not offer it. The table lives as long as the host table. */
  const void* (*extension)(void* context, const char* id);

  /* [any-thread] Keeps an event beyond the call that showed it. Costs one atomic increment and
     copies nothing. Every retain needs its release; an event may be released on another thread. */
  const gardu_event* (*retain)(void* context, const gardu_event* event);
  /* [any-thread] Gives back what `retain` kept; the event must not be looked at after it. */
  void (*release)(void* context, const gardu_event* event);
} gardu_host;

/* What a plugin gives. The host zero-fills it and sets `size`; create fills in the rest. */
typedef struct gardu_plugin {
  uint32_t size;
  uint32_t reserved;
  void* self; /* opaque; first argument of the functions below */

  /* [plugin-thread & !started] `settings` is the plugin's configuration as a JSON object, checked
     against its schema, defaults filled in. GARDU_UNCONFIGURED with a message naming the key: the
     plugin stays loaded and idle, the host goes on. Any other status but GARDU_OK: the start
     failed; `stop` is called all the same, so that what was begun is undone. */
  int32_t (*start)(void* self, gardu_str settings, gardu_error* error);

  /* [plugin-thread] Ends everything that `start` began: threads joined, sockets closed. Called once
     after each `start`, failed ones included. Nothing of the plugin may call the host after it. */
  int32_t (*stop)(void* self, gardu_error* error);

  /* [plugin-thread & !started] Frees `self`. The last call. */
  void (*destroy)(void* self);

  /* [plugin-thread & started] `count` events in journal order, valid for the call. `results` has a
     place for each, preset to GARDU_OK; the plugin sets its own status per event. The return value
     speaks for the whole batch: not GARDU_OK means that none of it was handled. `error` may also
     say why the first event failed when the return value is GARDU_OK. Of a durable subscriber an
     event with a status of the first class (error.h) or GARDU_INTERNAL, GARDU_TIMEOUT comes again
     with growing pauses, those of its conversation wait behind it, and it is parked after its last
     attempt; one with any other status is parked at once. Null unless the manifest has
     GARDU_ROLE_SUBSCRIBER. */
  int32_t (*on_events)(void* self, const gardu_event* const* events, uint32_t count,
                       int32_t* results, gardu_error* error);

  /* [any-thread] A table that the plugin implements, e.g. "gardu.transport/1", or null. */
  const void* (*extension)(void* self, const char* id);
} gardu_plugin;

/* The one function that a plugin exports. [plugin-thread] Must be quick: no threads, no files, no
   network; those belong into `start`. On failure returns a status, fills `error`, and leaves
   nothing behind. */
typedef int32_t (*gardu_plugin_create_fn)(const gardu_host* host, gardu_plugin* plugin,
                                          gardu_error* error);
/* The name that it is exported under. */
#define GARDU_CREATE_SYMBOL "gardu_plugin_create_v1"
