// SPDX-License-Identifier: Apache-2.0
//
// "gardu.transport/1" (plugin): what a plugin with GARDU_ROLE_TRANSPORT implements. It moves
// messages of its accounts; storing, ordering, retrying and pacing are the host's.
#pragma once
#include "../abi.h"
#include "publish.h"

/* The table, for gardu_plugin.extension. */
#define GARDU_EXT_TRANSPORT "gardu.transport/1"

/* What it can do beyond sending text. */
typedef enum gardu_transport_feature GARDU_NUMBER {
  GARDU_CAN_MEDIA = 1,
  GARDU_CAN_LOCATION = 2,
  GARDU_CAN_CONTACTS = 4,
  GARDU_CAN_INTERACTIVE = 8,
  GARDU_CAN_TEMPLATE = 16,
  GARDU_CAN_REACTION = 32,
  GARDU_CAN_REPLY = 64,
  GARDU_REFERENCE_ECHOED = 128, /* statuses carry our message_id: a lost answer can be reconciled */
  /* since 1.1: the actions that `act` takes */
  GARDU_CAN_MARK_READ = 256,
  GARDU_CAN_TYPING = 512,
  GARDU_CAN_EDIT = 1024,
  GARDU_CAN_REVOKE = 2048,
  GARDU_CAN_SYNC = 4096,
  GARDU_CAN_HEALTH = 8192,
  GARDU_CAN_LOGOUT = 16384,
  GARDU_CAN_PAIR = 32768
} gardu_transport_feature;

/* What a transport can, and how fast it may be asked to. */
typedef struct gardu_transport_info {
  uint32_t size;
  uint32_t max_in_flight;  /* sends at once per account; 0: 1 */
  uint64_t features;       /* gardu_transport_feature bits */
  uint32_t max_per_second; /* per account; 0: no limit of the transport's own */
  uint32_t text_limit;     /* characters; 0: none known */
} gardu_transport_info;

/* An account of this transport. Valid for the call. */
typedef struct gardu_account {
  uint32_t size;
  uint32_t reserved;
  gardu_str id;           /* ours, a UUID */
  gardu_str workspace_id; /* whose it is */
  gardu_str name;         /* for people */
  gardu_str address;      /* own number or id at the provider */
  gardu_str credentials;  /* JSON object, opened; never log it */
  gardu_str metadata;     /* JSON object */
} gardu_account;

/* A message to go out. Valid for the call. */
typedef struct gardu_outbound {
  uint32_t size;
  uint32_t attempt;                 /* 1 for the first */
  const gardu_message* message;     /* message->id is the reference to give to the provider */
  gardu_str to;                     /* the contact's address */
  gardu_str account_address;        /* own number or id at the provider */
  const gardu_identity* identities; /* all known of the contact */
  uint32_t identity_count;          /* of `identities` */
  uint32_t reserved;
} gardu_outbound;

/* What came of a send. */
typedef struct gardu_send_outcome {
  uint32_t size;
  int32_t status;                /* GARDU_OK: the provider took it */
  gardu_str provider_message_id; /* that the provider gave it; empty: told later by a status */
  gardu_str raw_id;              /* its short form where it has two */
  gardu_str peer_address;        /* where the provider corrected the address, else empty */
  uint32_t confirmed;            /* 1: this answer means "sent" (no earlier signal exists) */
  uint32_t reserved;
  const gardu_error* error; /* when status is not GARDU_OK */
} gardu_send_outcome;

/* How a transport tells the outcome. */
typedef struct gardu_completion {
  void* context; /* opaque; first argument of `done` */
  /* [any-thread] Exactly once per accepted send, during the call or later. Copies all it needs. */
  void (*done)(void* context, const gardu_send_outcome* outcome);
} gardu_completion;

/* What a transport may be asked for beyond sending (since 1.1). An unknown one is answered with
   GARDU_UNSUPPORTED. */
typedef enum gardu_action_kind GARDU_NUMBER {
  GARDU_ACTION_MARK_READ = 1, /* `to`; `target`: the newest message read */
  GARDU_ACTION_TYPING = 2,    /* `to`; `value` 1 shows it, 0 ends it */
  GARDU_ACTION_EDIT = 3,      /* `to`, `target`; `text`: the new text */
  GARDU_ACTION_REVOKE = 4,    /* `to`, `target`: deletes it for everybody */
  GARDU_ACTION_REACT = 5,     /* `to`, `target`; `text`: the emoji, empty removes it */
  GARDU_ACTION_SYNC = 6,      /* fetches history: published as messages of the past */
  GARDU_ACTION_HEALTH = 7,    /* probes; answers in the outcome's `data` */
  GARDU_ACTION_LOGOUT = 8,    /* unlinks the device */
  GARDU_ACTION_RESTART = 9,   /* ends the session and connects anew */
  GARDU_ACTION_PAIR = 10 /* asks for a pairing code for the number in `text`; the code, like a QR,
                            is published as account.qr */
} gardu_action_kind;

/* What is asked for. Valid for the call. */
typedef struct gardu_action {
  uint32_t size;
  uint32_t kind;        /* gardu_action_kind */
  gardu_str account_id; /* the account that does it */
  gardu_str to;         /* the contact's address, where it is of one */
  gardu_str target;     /* provider id of the message that it is about */
  gardu_str text;       /* its meaning is up to `kind` */
  int64_t value;        /* likewise */
} gardu_action;

/* How a transport tells the outcome of an action. */
typedef struct gardu_action_done {
  void* context; /* opaque; first argument of `done` */
  /* [any-thread] Exactly once per accepted action, during the call or later. `data`: a JSON object,
     or empty. `error` is read when `status` is not GARDU_OK. Copies all it needs. */
  void (*done)(void* context, int32_t status, gardu_str data, const gardu_error* error);
} gardu_action_done;

/* The table that the plugin implements. `self` is gardu_plugin.self. */
typedef struct gardu_transport {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread] Constant for the plugin's life. */
  void (*describe)(void* self, gardu_transport_info* info);
  /* [plugin-thread & started] An account of this transport exists, or changed: get ready for it. At
     start once for each. Reports its state by publishing account.status. GARDU_UNCONFIGURED or
     GARDU_AUTH with a message: the account is marked failed with that reason. */
  int32_t (*connect)(void* self, const gardu_account* account, gardu_error* error);
  /* [plugin-thread & started] The account was removed or switched off. */
  int32_t (*disconnect)(void* self, gardu_str account_id, gardu_error* error);
  /* [plugin-thread & started] Begins to send; must not wait for the network. GARDU_OK: the
     completion will be called. Anything else: it will not, `error` says why. */
  int32_t (*send)(void* self, const gardu_outbound* outbound, gardu_completion completion,
                  gardu_error* error);
  /* [plugin-thread & started] Since 1.1; may be null: no actions. Begins an action; must not wait
     for the network. GARDU_OK: `done` will be called. Anything else: it will not, `error` says why.
   */
  int32_t (*act)(void* self, const gardu_action* action, gardu_action_done done,
                 gardu_error* error);
} gardu_transport;
