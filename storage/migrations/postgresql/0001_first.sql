-- Times are UTC milliseconds; JSON is text, as it was written. References go by (workspace_id, id)
-- where they can: no row can point into another tenant, and the child's index, which starts with
-- workspace_id, serves the reference too.

create table workspaces (
  id varchar(36) primary key,
  name varchar(200) not null,
  slug varchar(100) not null unique,
  plan varchar(50) not null,
  max_accounts bigint not null,
  status varchar(20) not null,
  settings text not null,
  created_at bigint not null
);

create table users (
  id varchar(36) primary key,
  email varchar(255) not null,
  name varchar(200) not null,
  password_hash varchar(255) not null,
  created_at bigint not null
);
create unique index users_email on users (lower(email));

create table memberships (
  workspace_id varchar(36) not null references workspaces (id) on delete cascade,
  user_id varchar(36) not null references users (id) on delete cascade,
  role varchar(20) not null,
  created_at bigint not null,
  primary key (workspace_id, user_id)
);
create index memberships_user on memberships (user_id);

create table tokens (
  id varchar(36) primary key,
  workspace_id varchar(36) references workspaces (id) on delete cascade,
  hash varchar(64) not null unique,
  kind varchar(20) not null,
  name varchar(200) not null,
  role varchar(20) not null,
  user_id varchar(36),
  scopes text,
  accounts text,
  expires_at bigint,
  last_used_at bigint,
  created_at bigint not null
);
create index tokens_workspace on tokens (workspace_id, id);

create table accounts (
  id varchar(36) primary key,
  workspace_id varchar(36) not null references workspaces (id) on delete cascade,
  transport varchar(64) not null,
  name varchar(200) not null,
  address varchar(160) not null,
  credentials text,
  key_id varchar(64),
  status varchar(20) not null,
  status_reason text,
  last_connected_at bigint,
  limits text not null,
  in_doubt varchar(10) not null,
  metadata text not null,
  created_at bigint not null
);
create unique index accounts_address on accounts (workspace_id, transport, address);
create unique index accounts_workspace on accounts (workspace_id, id);
create index accounts_transport on accounts (transport, address);

create table contacts (
  id varchar(36) primary key,
  workspace_id varchar(36) not null,
  account_id varchar(36) not null,
  address varchar(160) not null,
  phone varchar(20),
  name varchar(255),
  profile_picture_url text,
  is_group bigint not null,
  labels text not null,
  custom_fields text not null,
  last_message_at bigint not null default 0,
  last_message_id varchar(36),
  unread bigint not null default 0,
  archived bigint not null default 0,
  blocked bigint not null default 0,
  conversation_status varchar(20) not null,
  assigned_to varchar(36),
  auto_reply bigint not null,
  created_at bigint not null,
  foreign key (workspace_id, account_id) references accounts (workspace_id, id) on delete cascade
);
create unique index contacts_workspace on contacts (workspace_id, id);
create index contacts_account on contacts (workspace_id, account_id, last_message_at desc, id desc);
create index contacts_recent on contacts (workspace_id, last_message_at desc, id desc);
create index contacts_unread on contacts (workspace_id, unread);

create table contact_identities (
  workspace_id varchar(36) not null,
  account_id varchar(36) not null,
  kind varchar(10) not null,
  value varchar(160) not null,
  contact_id varchar(36) not null,
  primary key (account_id, kind, value),
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id) on delete cascade
);
create index contact_identities_contact on contact_identities (workspace_id, contact_id);

-- Words as people search for them: in lower case, Latin letters without their marks.
create function plain_text(text) returns text language sql immutable strict parallel safe as $$
  select translate(lower($1), 'àáâãäåāăąçćčďđèéêëēėęěğìíîïīįıķłļñńňņòóôõöøōőŕřśšşťţùúûüūůűųýÿžźż',
                   'aaaaaaaaacccddeeeeeeeegiiiiiiikllnnnnoooooooorrsssttuuuuuuuuyyzzz')
$$;

-- n: the order in which they were stored.
create table messages (
  n bigint generated always as identity primary key,
  id varchar(36) not null unique,
  workspace_id varchar(36) not null,
  account_id varchar(36) not null,
  contact_id varchar(36) not null,
  client_ref varchar(255),
  provider_message_id varchar(255),
  raw_id varchar(255),
  direction varchar(10) not null,
  chat_type varchar(10) not null,
  type varchar(20) not null,
  sender text,
  text text,
  content text,
  reply_to_message_id varchar(36),
  reply_to_provider_id varchar(255),
  forwarded bigint not null,
  status varchar(12) not null,
  priority varchar(10) not null,
  error text,
  sent_by text,
  metadata text,
  created_at bigint not null,
  sent_at bigint,
  delivered_at bigint,
  read_at bigint,
  played_at bigint,
  failed_at bigint,
  edited_at bigint,
  deleted_at bigint,
  occurred_at bigint,
  body tsvector generated always as (to_tsvector('simple', plain_text(
    coalesce(text, '') || ' ' || coalesce(cast(content as jsonb) #>> '{media,caption}', '')))) stored,
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id) on delete cascade
);
create unique index messages_provider on messages (account_id, provider_message_id)
  where provider_message_id is not null;
create index messages_raw on messages (account_id, raw_id) where raw_id is not null;
create index messages_contact on messages (workspace_id, contact_id, created_at desc, id desc);
create index messages_recent on messages (workspace_id, created_at desc, id desc);
create index messages_status on messages (workspace_id, status, created_at);

-- The full text of messages: their text and their media's caption.
create index messages_text on messages using gin (body);

create table early_statuses (
  id bigint generated always as identity primary key,
  account_id varchar(36) not null references accounts (id) on delete cascade,
  provider_message_id varchar(255) not null,
  status varchar(12) not null,
  at bigint not null,
  error text
);
create index early_statuses_message on early_statuses (account_id, provider_message_id);

create table media (
  id varchar(36) primary key,
  workspace_id varchar(36) not null references workspaces (id) on delete cascade,
  sha256 varchar(64) not null,
  mime_type varchar(100) not null,
  size bigint not null,
  file_name varchar(255),
  path text not null,
  state varchar(10) not null,
  created_at bigint not null
);
create index media_sha256 on media (workspace_id, sha256);

create table labels (
  id varchar(36) primary key,
  workspace_id varchar(36) not null references workspaces (id) on delete cascade,
  name varchar(100) not null,
  color varchar(20),
  created_at bigint not null
);
create unique index labels_name on labels (workspace_id, name);
create unique index labels_workspace on labels (workspace_id, id);

create table contact_labels (
  workspace_id varchar(36) not null,
  contact_id varchar(36) not null,
  label_id varchar(36) not null,
  primary key (workspace_id, contact_id, label_id),
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id) on delete cascade,
  foreign key (workspace_id, label_id) references labels (workspace_id, id) on delete cascade
);
create index contact_labels_label on contact_labels (workspace_id, label_id);

create table journal (
  seq bigint primary key,
  id varchar(36) not null,
  type varchar(80) not null,
  workspace_id varchar(36) not null,
  account_id varchar(36),
  contact_id varchar(36),
  message_id varchar(36),
  occurred_at bigint not null,
  recorded_at bigint not null,
  source varchar(80) not null,
  data text not null
);
create index journal_workspace on journal (workspace_id, seq);
create index journal_contact on journal (workspace_id, contact_id, seq)
  where contact_id is not null;
create index journal_message on journal (workspace_id, message_id, seq)
  where message_id is not null;
create index journal_id on journal (workspace_id, id);

-- The journal's last seq. Locked inside each committing transaction, so that commit order is seq order.
create table counters (
  name varchar(40) primary key,
  value bigint not null
);
insert into counters (name, value) values ('journal', 0);

create table cursors (
  plugin varchar(64) primary key,
  seq bigint not null,
  lease_holder varchar(80),
  lease_until bigint
);

create table outbox (
  id bigserial primary key,
  message_id varchar(36) not null unique references messages (id) on delete cascade,
  workspace_id varchar(36) not null,
  account_id varchar(36) not null,
  contact_id varchar(36) not null,
  lane varchar(80) not null,
  priority bigint not null,
  not_before bigint not null,
  attempts bigint not null,
  state varchar(10) not null,
  lease_holder varchar(80),
  lease_until bigint,
  last_error text,
  created_at bigint not null
);
-- What leasing looks at are a few of the rows, whatever was sent before.
create index outbox_waiting on outbox (account_id, priority, not_before, id) where state = 'queued';
create index outbox_due on outbox (not_before) where state = 'queued';
create index outbox_leased on outbox (account_id) where state = 'leased';
create index outbox_done on outbox (created_at) where state = 'done';
create index outbox_lane on outbox (lane, state, priority, id);
create index outbox_workspace on outbox (workspace_id, state, id);

create table idempotency (
  workspace_id varchar(36) not null,
  key varchar(255) not null,
  route varchar(200) not null,
  request_hash varchar(64) not null,
  status bigint not null,
  body text not null,
  expires_at bigint not null,
  primary key (workspace_id, key)
);
create index idempotency_expiry on idempotency (expires_at);

create table plugin_settings (
  workspace_id varchar(36) not null references workspaces (id) on delete cascade,
  plugin varchar(64) not null,
  settings text not null,
  updated_at bigint not null,
  primary key (workspace_id, plugin)
);

create table audit (
  id varchar(36) primary key,
  workspace_id varchar(36) not null,
  actor varchar(100) not null,
  action varchar(80) not null,
  object varchar(200) not null,
  before_state text,
  after_state text,
  ip varchar(64),
  at bigint not null
);
create index audit_at on audit (workspace_id, at);

create table nodes (
  id varchar(80) primary key,
  started_at bigint not null,
  last_seen_at bigint not null
);
