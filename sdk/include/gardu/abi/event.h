// SPDX-License-Identifier: Apache-2.0
//
// Events as plugins see them: views of what the journal holds. The host owns the memory; it is
// valid for the call that shows it, or until `release` for one that was retained.
#pragma once
#include "types.h"

/* The types. The numbers are also bit positions of gardu_manifest.subscribes. */
typedef enum gardu_event_type GARDU_NUMBER {
  GARDU_EVENT_OTHER = 0,                  /* a plugin's own, "<plugin id>.<name>": read type_name */
  GARDU_EVENT_MESSAGE_RECEIVED = 1,       /* an inbound message was stored */
  GARDU_EVENT_MESSAGE_SENT = 2,           /* an outbound message was stored */
  GARDU_EVENT_MESSAGE_STATUS_UPDATED = 3, /* the status of an outbound message moved forward */
  GARDU_EVENT_MESSAGE_UPDATED = 4,        /* its text was edited, at either end */
  GARDU_EVENT_MESSAGE_DELETED = 5,        /* it was revoked, at either end */
  GARDU_EVENT_MESSAGE_REACTION = 6,       /* an emoji was put on it, or taken off */
  GARDU_EVENT_TYPING_STARTED = 7,         /* ephemeral: comes anew while it goes on */
  GARDU_EVENT_TYPING_STOPPED = 8,         /* ephemeral: also when no TYPING_STARTED came anew */
  GARDU_EVENT_CONTACT_CREATED = 9,        /* there is a new contact */
  GARDU_EVENT_CONTACT_UPDATED = 10,       /* its name, address, identities or fields changed */
  GARDU_EVENT_CONTACT_PRESENCE = 11,      /* ephemeral: online or not */
  GARDU_EVENT_CONVERSATION_UPDATED = 12,  /* state, assignee, unread or auto reply changed */
  GARDU_EVENT_ACCOUNT_STATUS = 13,        /* connecting, ready, failed, …: with the reason */
  GARDU_EVENT_ACCOUNT_QR = 14,            /* a QR or pairing code, to be shown until it expires */
  GARDU_EVENT_ACCOUNT_HEALTH = 15,  /* the provider's rating or limits of the account changed */
  GARDU_EVENT_TEMPLATE_STATUS = 16, /* the provider approved, refused or paused a template */
  GARDU_EVENT_CALL_RECEIVED = 17,   /* somebody calls the account */
  GARDU_EVENT_PLUGIN_STATUS = 18    /* ephemeral: the state of a plugin changed */
} gardu_event_type;

/* Bits of gardu_event.flags. */
typedef enum gardu_event_flag GARDU_NUMBER {
  GARDU_EVENT_EPHEMERAL = 1, /* travels only: never stored, seq is 0 */
  GARDU_EVENT_REPLAYED = 2   /* read back from the journal, perhaps seen before */
} gardu_event_flag;

/* Which way a message goes: to the account, or from it. */
typedef enum gardu_direction GARDU_NUMBER { GARDU_INBOUND = 0, GARDU_OUTBOUND = 1 } gardu_direction;

/* With one person, or with a group. */
typedef enum gardu_chat_type GARDU_NUMBER {
  GARDU_CHAT_PRIVATE = 0,
  GARDU_CHAT_GROUP = 1
} gardu_chat_type;

/* What a message is, and where it has its body. */
typedef enum gardu_message_type GARDU_NUMBER {
  GARDU_MESSAGE_UNSUPPORTED = 0,  /* the provider's object is whole in metadata.raw */
  GARDU_MESSAGE_TEXT = 1,         /* `text` */
  GARDU_MESSAGE_IMAGE = 2,        /* content.media */
  GARDU_MESSAGE_VIDEO = 3,        /* content.media */
  GARDU_MESSAGE_AUDIO = 4,        /* content.media: a file */
  GARDU_MESSAGE_VOICE = 5,        /* content.media: a recorded voice note */
  GARDU_MESSAGE_DOCUMENT = 6,     /* content.media: any other file */
  GARDU_MESSAGE_STICKER = 7,      /* content.media */
  GARDU_MESSAGE_LOCATION = 8,     /* content.location */
  GARDU_MESSAGE_CONTACTS = 9,     /* content.contacts */
  GARDU_MESSAGE_INTERACTIVE = 10, /* content.interactive: what is offered, or was chosen */
  GARDU_MESSAGE_BUTTON = 11,      /* content.button: pressed in a template; inbound only */
  GARDU_MESSAGE_TEMPLATE = 12,    /* content.template: one that the provider approved */
  GARDU_MESSAGE_REACTION = 13,    /* content.reaction */
  GARDU_MESSAGE_ORDER = 14,       /* content.order: out of a catalogue; inbound only */
  GARDU_MESSAGE_POLL = 15,        /* content.poll */
  GARDU_MESSAGE_SYSTEM = 16       /* content.system: a notice of the provider; inbound only */
} gardu_message_type;

/* In the order in which a status may move; FAILED only from PENDING or SENT. */
typedef enum gardu_message_status GARDU_NUMBER {
  GARDU_STATUS_PENDING = 0,   /* stored; the provider has not got it yet */
  GARDU_STATUS_SENT = 1,      /* the provider has it */
  GARDU_STATUS_DELIVERED = 2, /* on the device of the recipient */
  GARDU_STATUS_READ = 3,      /* seen */
  GARDU_STATUS_PLAYED = 4,    /* heard or watched */
  GARDU_STATUS_FAILED = 5,    /* will not go out, or was refused later */
  GARDU_STATUS_RECEIVED = 6   /* what an inbound message has: acks do not apply to it */
} gardu_message_status;

/* Of the messages that wait for an account the most urgent goes first. Unknown ones count as
   GARDU_PRIORITY_NORMAL. */
typedef enum gardu_priority GARDU_NUMBER {
  GARDU_PRIORITY_URGENT = 0,
  GARDU_PRIORITY_HIGH = 1,
  GARDU_PRIORITY_NORMAL = 2,
  GARDU_PRIORITY_LOW = 3
} gardu_priority;

/* A message, as far as it is common to all types. Ids are UUIDs of the gateway but for those of the
   provider. */
typedef struct gardu_message {
  uint32_t size;
  uint32_t type;      /* gardu_message_type */
  uint32_t direction; /* gardu_direction */
  uint32_t chat_type; /* gardu_chat_type */
  uint32_t status;    /* gardu_message_status */
  uint32_t priority;  /* gardu_priority */
  uint32_t forwarded; /* 0 or 1 */
  uint32_t reserved;
  gardu_str id;                  /* ours */
  gardu_str workspace_id;        /* whose it is */
  gardu_str account_id;          /* that received or sends it */
  gardu_str contact_id;          /* the conversation */
  gardu_str client_ref;          /* the sender's own reference, or empty */
  gardu_str provider_message_id; /* empty until the provider gave one */
  gardu_str text;                /* body or caption */
  gardu_str content;             /* JSON object: media, location, contacts, interactive, template,
                                    reaction, as far as the type has them */
  gardu_str reply_to_message_id; /* of the message that it quotes; empty when we do not have that */
  gardu_str reply_to_provider_id; /* the same as the provider names it; empty: no reply */
  gardu_str sender_address;       /* in a group: the participant */
  gardu_str sender_name;          /* of that participant, or empty */
  gardu_str sent_by_kind;         /* "user", "api", "plugin", "phone", "contact" */
  gardu_str sent_by_id;           /* of the user, API token, plugin or contact; empty for "phone" */
  gardu_str metadata;             /* JSON object, untouched */
  int64_t created_at;             /* at the provider; of one that we send: when it was stored */
} gardu_message;

/* A contact is a conversation. `address` is what a reply is sent to. */
typedef struct gardu_contact {
  uint32_t size;
  uint32_t is_group;    /* 0 or 1 */
  gardu_str id;         /* ours, a UUID */
  gardu_str account_id; /* the account that it is a contact of */
  gardu_str address;    /* as the provider writes it */
  gardu_str phone;      /* E.164 with '+', or empty */
  gardu_str name;       /* empty when not known */
} gardu_contact;

/* One event. `message` and `contact` are what `data` has of them, without the parsing. */
typedef struct gardu_event {
  uint32_t size;
  uint32_t type;  /* gardu_event_type */
  uint32_t flags; /* gardu_event_flag bits */
  uint32_t reserved;
  int64_t seq;            /* journal position, strictly increasing; 0 for ephemeral ones */
  int64_t occurred_at;    /* when it happened at the provider */
  int64_t recorded_at;    /* when the gateway committed it */
  gardu_str id;           /* of the event, a UUID */
  gardu_str type_name;    /* "message.received", … */
  gardu_str workspace_id; /* empty for plugin.status */

  gardu_str account_id;    /* empty when of no account */
  gardu_str contact_id;    /* empty when of no contact */
  gardu_str source;        /* "plugin:<id>", "api" or "host" */
  gardu_str data;          /* JSON object: the event's data, complete */
  gardu_str origin_socket; /* live events only: the socket id of the client whose request caused it,
                              which a broadcaster leaves out; else empty */
  const gardu_message* message; /* message.received, .sent, .updated; else null */
  const gardu_contact* contact; /* where the data have a contact; else null */
} gardu_event;
