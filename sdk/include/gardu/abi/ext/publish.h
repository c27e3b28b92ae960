// SPDX-License-Identifier: Apache-2.0
//
// "gardu.publish/1" (host): brings what happened outside into the gateway. The host drops
// duplicates, finds or creates the contact, stores the state and journals the event in one
// transaction; only then is a publication done.
#pragma once
#include "../abi.h"

/* The service, for gardu_host.extension. */
#define GARDU_EXT_PUBLISH "gardu.publish/1"

/* What an identity of a contact is. */
typedef enum gardu_identity_kind GARDU_NUMBER {
  GARDU_IDENTITY_PHONE = 0, /* E.164 with '+' */
  GARDU_IDENTITY_LID = 1,   /* WhatsApp's linked id, which hides the number */
  GARDU_IDENTITY_BSUID = 2, /* the Cloud API's business-scoped user id */
  GARDU_IDENTITY_GROUP = 3, /* of a group */
  GARDU_IDENTITY_OTHER = 4  /* anything else */
} gardu_identity_kind;

/* One of the ids that a contact is known by; unique in its account. */
typedef struct gardu_identity {
  uint32_t kind; /* gardu_identity_kind */
  uint32_t reserved;
  gardu_str value; /* 1 to 160 bytes */
} gardu_identity;

/* Who the conversation is with. All identities given belong to one and the same contact: those seen
   under different ones before are merged. At least one identity. */
typedef struct gardu_peer {
  uint32_t size;
  uint32_t identity_count;          /* of `identities` */
  const gardu_identity* identities; /* all that are told */
  gardu_str address;                /* what a reply is sent to, as the provider writes it */
  gardu_str name;                   /* empty: not told, the known one stays */
  uint32_t is_group;                /* 0 or 1 */
  uint32_t reserved;
} gardu_peer;

/* A message that arrived, or one that the account's owner sent from elsewhere (direction outbound).
 */
typedef struct gardu_inbound_message {
  uint32_t size;
  uint32_t type;                  /* gardu_message_type */
  uint32_t direction;             /* gardu_direction */
  uint32_t forwarded;             /* 0 or 1 */
  gardu_str provider_message_id;  /* unique in its account; a second one is a duplicate */
  gardu_str raw_id;               /* the provider's short form where it has two, else empty */
  gardu_str text;                 /* body or caption */
  gardu_str content;              /* JSON object as gardu_message.content, or empty */
  gardu_str metadata;             /* JSON object, or empty */
  gardu_str reply_to_provider_id; /* of the message that it quotes, or empty */
  gardu_str sender_address;       /* in a group: the participant */
  gardu_str sender_name;          /* of that participant, or empty */
} gardu_inbound_message;

/* What became of an outbound message. Found by message_id where the provider echoes our own
   reference, else by provider_message_id. Late and repeated ones change nothing. */
typedef struct gardu_inbound_status {
  uint32_t size;
  uint32_t status;               /* gardu_message_status */
  gardu_str provider_message_id; /* the provider's, or empty; one of the two is needed */
  gardu_str message_id;          /* ours, or empty */
  gardu_str participant;         /* in a group: whose ack it is, else empty */
  gardu_str error_code;          /* with GARDU_STATUS_FAILED: the provider's own code */
  gardu_str error_title;         /* likewise: a few words */
  gardu_str error_detail;        /* likewise: what happened */
  uint32_t error_retryable;      /* likewise: 1 when sending it again may help */
  uint32_t reserved;
} gardu_inbound_status;

/* One thing that happened. Which members are read depends on `type`:
     message.received (also for outbound echoes)      peer, message
     message.status.updated                           status
     message.reaction                                 peer, target, text = the emoji ("" removes)
     message.updated (edited), message.deleted        target, text = the new text
     typing.started, typing.stopped                   peer, text = "typing" or "recording"
     contact.presence                                 peer, data = {"online": bool, …}
     call.received                                    peer, data
     account.status, account.health, template.status  data
     account.qr (travels, is never stored)            data = {"qr", "pairing_code", "expires_at"}
     other: a plugin's own event                      type_name = "<plugin id>.<name>",
   workspace_id, data, and peer where it is of a contact */
typedef struct gardu_publication {
  uint32_t size;
  uint32_t type;                        /* gardu_event_type */
  int64_t occurred_at;                  /* at the provider; 0: now */
  gardu_str type_name;                  /* of a plugin's own event */
  gardu_str workspace_id;               /* only where there is no account */
  gardu_str account_id;                 /* required but for GARDU_EVENT_OTHER */
  gardu_str target;                     /* provider id of the message that this is about */
  gardu_str text;                       /* its meaning is up to `type` */
  gardu_str data;                       /* JSON object */
  const gardu_peer* peer;               /* the three: null unless `type` reads them */
  const gardu_inbound_message* message; /* what arrived */
  const gardu_inbound_status* status;   /* what became of one */
} gardu_publication;

/* Bits of gardu_publish_result.flags. */
typedef enum gardu_publish_flag GARDU_NUMBER {
  GARDU_PUBLISH_DUPLICATE = 1, /* known already; nothing was stored */
  GARDU_PUBLISH_STALE = 2      /* a status that moved nothing, or of a message nobody knows yet */
} gardu_publish_flag;

/* What came of one publication. Texts are zero-terminated. */
typedef struct gardu_publish_result {
  uint32_t size;
  int32_t status; /* gardu_status: of this publication alone */
  uint32_t flags; /* gardu_publish_flag bits */
  uint32_t reserved;
  int64_t seq;         /* of its last event; 0 when none */
  char message_id[40]; /* ours; empty when there is none */
  char contact_id[40]; /* likewise */
  char detail[160];    /* why, when status is not GARDU_OK */
} gardu_publish_result;

/* [any-thread] Called exactly once for an accepted publish, after the transaction became durable
   (GARDU_OK) or could not (any other status, no result is valid then). Must not block. `results`
   has one entry per publication, valid for the call. */
typedef void (*gardu_publish_done)(void* user, int32_t status, const gardu_publish_result* results,
                                   uint32_t count);

/* The table of the service. `context` is that of gardu_host. */
typedef struct gardu_host_publish {
  uint32_t size;
  uint32_t reserved;
  /* [any-thread & started] Hands over `count` publications, committed together. Copies all it
     needs, never blocks. GARDU_OK: `done` will be called. GARDU_FULL: too much is waiting; nothing
     was taken, `done` will not be called: tell the sender to come again. GARDU_STOPPED likewise. */
  int32_t (*publish)(void* context, const gardu_publication* const* items, uint32_t count,
                     gardu_publish_done done, void* user, gardu_error* error);
} gardu_host_publish;
