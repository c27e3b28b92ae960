// SPDX-License-Identifier: Apache-2.0
//
// "gardu.db/1" (host, since 1.1): tables of the plugin's own, in the gateway's database.
//
// The plugin names them with its id and an underscore ("ping_pong_counts"); it sees no others. The
// SQL is the portable subset that the three engines share: one select, insert, update, delete or
// with statement a call, no schema statements outside of migrations. Values are always bound: a
// parameter is written :name, each name once, bound in the order in which they stand.
//
// Joining: within `transaction`, and within on_events of a durable subscriber, what the plugin
// thread executes, sends and publishes is one transaction (in on_events: with the cursor). Outside
// of both each call is its own.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_DB "gardu.db/1"

/* What a value is, and so which member of gardu_value holds it. */
typedef enum gardu_value_kind GARDU_NUMBER {
  GARDU_VALUE_NULL = 0, /* none */
  GARDU_VALUE_INTEGER = 1,
  GARDU_VALUE_REAL = 2,
  GARDU_VALUE_TEXT = 3
} gardu_value_kind;

/* A parameter, or a row's cell. A cell of a column has the column's kind; a cell of an expression
   (count(*), sum(x)) may come as text on some engines: read it by what you expect, as the C++ layer
   does. */
typedef struct gardu_value {
  uint32_t kind; /* gardu_value_kind */
  uint32_t reserved;
  int64_t integer; /* with GARDU_VALUE_INTEGER */
  double real;     /* with GARDU_VALUE_REAL */
  gardu_str text;  /* with GARDU_VALUE_TEXT: UTF-8 */
} gardu_value;

/* A step of the plugin's schema. Applied once, in the order of the numbers, in a transaction where
   the engine has such; one that was applied must never change. `sql` may be several statements,
   ended by ';': create table, create index, alter table, insert, update. Types that work
   everywhere: bigint, double precision, varchar(n), text. */
typedef struct gardu_migration {
  uint32_t size;
  uint32_t number; /* from 1 upwards */
  gardu_str name;  /* for people and error texts, 1 to 200 bytes */
  gardu_str sql;   /* the statements */
} gardu_migration;

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_db {
  uint32_t size;
  uint32_t reserved;

  /* [plugin-thread] In `start`, before anything else is asked of the tables. Blocks. GARDU_INVALID:
     a name that is not this plugin's, or SQL that the engine refuses; `error` quotes the engine.
     What was applied by a newer version of the plugin than this one is refused as well. */
  int32_t (*migrate)(void* context, const gardu_migration* migrations, uint32_t count,
                     gardu_error* error);

  /* [any-thread & started] Runs one statement; blocks. `on_row` (null: rows are not wanted) is
     called on the calling thread for each row, its cells valid for that call; it returns 0 to stop.
     At most 10,000 rows; `affected` (may be null) gets the number of changed rows.
     GARDU_INVALID: not in the subset, a table of somebody else, parameters that do not match, or a
     constraint (provider_code "constraint" or "duplicate"). GARDU_RETRY: the database is away or
     busy. GARDU_TIMEOUT: the transaction took too long and is undone; see `transaction`. */
  int32_t (*execute)(void* context, gardu_str sql, const gardu_value* parameters, uint32_t count,
                     int32_t (*on_row)(void* user, const gardu_value* cells, uint32_t count),
                     void* user, int64_t* affected, gardu_error* error);

  /* [any-thread & started] Runs `body(user)` on the calling thread, in a transaction that execute,
     send, publish and kv of that thread join; commits when it returns GARDU_OK, else undoes all and
     returns its status. Within another one (or on_events of a durable subscriber) it is a part of
     that: undone alone when it fails, durable with the whole. Blocks. `body` must be quick: the
     gateway's other writes wait for it on SQLite. After 250 ms, when others wait, or else after 5
     s, it is undone, and execute answers GARDU_TIMEOUT. No network, no waiting in it. */
  int32_t (*transaction)(void* context, int32_t (*body)(void* user, gardu_error* error), void* user,
                         gardu_error* error);
} gardu_host_db;
