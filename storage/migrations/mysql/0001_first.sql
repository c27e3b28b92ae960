-- Times are UTC milliseconds; JSON is text, as it was written. References go by (workspace_id, id)
-- where they can: no row can point into another tenant. Statements take effect one by one here: each
-- may be run again. {{table}} is the engine and a collation by bytes that does not pad.

create table if not exists workspaces (
  id varchar(36) primary key,
  name varchar(200) not null,
  slug varchar(100) not null unique,
  plan varchar(50) not null,
  max_accounts bigint not null,
  status varchar(20) not null,
  settings longtext not null,
  created_at bigint not null
) {{table}};

create table if not exists users (
  id varchar(36) primary key,
  email varchar(255) not null,
  email_lower varchar(255) generated always as (lower(email)) stored,
  name varchar(200) not null,
  password_hash varchar(255) not null,
  created_at bigint not null,
  unique key users_email (email_lower)
) {{table}};

create table if not exists memberships (
  workspace_id varchar(36) not null,
  user_id varchar(36) not null,
  role varchar(20) not null,
  created_at bigint not null,
  primary key (workspace_id, user_id),
  key memberships_user (user_id),
  foreign key (workspace_id) references workspaces (id) on delete cascade,
  foreign key (user_id) references users (id) on delete cascade
) {{table}};

create table if not exists tokens (
  id varchar(36) primary key,
  workspace_id varchar(36),
  hash varchar(64) not null unique,
  kind varchar(20) not null,
  name varchar(200) not null,
  role varchar(20) not null,
  user_id varchar(36),
  scopes longtext,
  accounts longtext,
  expires_at bigint,
  last_used_at bigint,
  created_at bigint not null,
  key tokens_workspace (workspace_id, id),
  foreign key (workspace_id) references workspaces (id) on delete cascade
) {{table}};

create table if not exists accounts (
  id varchar(36) primary key,
  workspace_id varchar(36) not null,
  transport varchar(64) not null,
  name varchar(200) not null,
  address varchar(160) not null,
  credentials longtext,
  key_id varchar(64),
  status varchar(20) not null,
  status_reason longtext,
  last_connected_at bigint,
  limits longtext not null,
  in_doubt varchar(10) not null,
  metadata longtext not null,
  created_at bigint not null,
  unique key accounts_address (workspace_id, transport, address),
  unique key accounts_workspace (workspace_id, id),
  key accounts_transport (transport, address),
  foreign key (workspace_id) references workspaces (id) on delete cascade
) {{table}};

create table if not exists contacts (
  id varchar(36) primary key,
  workspace_id varchar(36) not null,
  account_id varchar(36) not null,
  address varchar(160) not null,
  phone varchar(20),
  name varchar(255),
  profile_picture_url longtext,
  is_group bigint not null,
  labels longtext not null,
  custom_fields longtext not null,
  last_message_at bigint not null default 0,
  last_message_id varchar(36),
  unread bigint not null default 0,
  archived bigint not null default 0,
  blocked bigint not null default 0,
  conversation_status varchar(20) not null,
  assigned_to varchar(36),
  auto_reply bigint not null,
  created_at bigint not null,
  foreign key (workspace_id, account_id) references accounts (workspace_id, id) on delete cascade,
  unique key contacts_workspace (workspace_id, id),
  key contacts_account (workspace_id, account_id, last_message_at desc, id desc),
  key contacts_recent (workspace_id, last_message_at desc, id desc),
  key contacts_unread (workspace_id, unread)
) {{table}};

create table if not exists contact_identities (
  workspace_id varchar(36) not null,
  account_id varchar(36) not null,
  kind varchar(10) not null,
  value varchar(160) not null,
  contact_id varchar(36) not null,
  primary key (account_id, kind, value),
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id) on delete cascade,
  key contact_identities_contact (workspace_id, contact_id)
) {{table}};

-- n: the order in which they were stored. body: what the full text index reads, text and caption.
create table if not exists messages (
  n bigint auto_increment primary key,
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
  sender longtext,
  text longtext,
  content longtext,
  reply_to_message_id varchar(36),
  reply_to_provider_id varchar(255),
  forwarded bigint not null,
  status varchar(12) not null,
  priority varchar(10) not null,
  error longtext,
  sent_by longtext,
  metadata longtext,
  created_at bigint not null,
  sent_at bigint,
  delivered_at bigint,
  read_at bigint,
  played_at bigint,
  failed_at bigint,
  edited_at bigint,
  deleted_at bigint,
  occurred_at bigint,
  body longtext collate utf8mb4_unicode_ci generated always as (concat_ws(' ', text,
    json_unquote(json_extract(content, '$.media.caption')))) stored,
  fulltext key messages_text (body),
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id) on delete cascade,
  unique key messages_provider (account_id, provider_message_id),
  key messages_raw (account_id, raw_id),
  key messages_contact (workspace_id, contact_id, created_at desc, id desc),
  key messages_recent (workspace_id, created_at desc, id desc),
  key messages_status (workspace_id, status, created_at)
) {{table}};

create table if not exists early_statuses (
  id bigint auto_increment primary key,
  account_id varchar(36) not null,
  provider_message_id varchar(255) not null,
  status varchar(12) not null,
  at bigint not null,
  error longtext,
  key early_statuses_message (account_id, provider_message_id),
  foreign key (account_id) references accounts (id) on delete cascade
) {{table}};

create table if not exists media (
  id varchar(36) primary key,
  workspace_id varchar(36) not null,
  sha256 varchar(64) not null,
  mime_type varchar(100) not null,
  size bigint not null,
  file_name varchar(255),
  path longtext not null,
  state varchar(10) not null,
  created_at bigint not null,
  key media_sha256 (workspace_id, sha256),
  foreign key (workspace_id) references workspaces (id) on delete cascade
) {{table}};

create table if not exists labels (
  id varchar(36) primary key,
  workspace_id varchar(36) not null,
  name varchar(100) not null,
  color varchar(20),
  created_at bigint not null,
  unique key labels_name (workspace_id, name),
  unique key labels_workspace (workspace_id, id),
  foreign key (workspace_id) references workspaces (id) on delete cascade
) {{table}};

create table if not exists contact_labels (
  workspace_id varchar(36) not null,
  contact_id varchar(36) not null,
  label_id varchar(36) not null,
  primary key (workspace_id, contact_id, label_id),
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id) on delete cascade,
  foreign key (workspace_id, label_id) references labels (workspace_id, id) on delete cascade,
  key contact_labels_label (workspace_id, label_id)
) {{table}};

create table if not exists journal (
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
  data longtext not null,
  key journal_workspace (workspace_id, seq),
  key journal_contact (workspace_id, contact_id, seq),
  key journal_message (workspace_id, message_id, seq),
  key journal_id (workspace_id, id)
) {{table}};

-- The journal's last seq. Locked inside each committing transaction, so that commit order is seq order.
create table if not exists counters (
  name varchar(40) primary key,
  value bigint not null
) {{table}};
insert ignore into counters (name, value) values ('journal', 0);

create table if not exists cursors (
  plugin varchar(64) primary key,
  seq bigint not null,
  lease_holder varchar(80),
  lease_until bigint
) {{table}};

create table if not exists outbox (
  id bigint auto_increment primary key,
  message_id varchar(36) not null unique,
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
  last_error longtext,
  created_at bigint not null,
  key outbox_waiting (state, account_id, priority, not_before, id),
  key outbox_due (state, not_before),
  key outbox_done (state, created_at),
  key outbox_lane (lane, state, priority, id),
  key outbox_workspace (workspace_id, state, id),
  foreign key (message_id) references messages (id) on delete cascade
) {{table}};
-- What leasing looks at are a few of the rows, whatever was sent before.

create table if not exists idempotency (
  workspace_id varchar(36) not null,
  "key" varchar(255) not null,
  route varchar(200) not null,
  request_hash varchar(64) not null,
  status bigint not null,
  body longtext not null,
  expires_at bigint not null,
  primary key (workspace_id, "key"),
  key idempotency_expiry (expires_at)
) {{table}};

create table if not exists plugin_settings (
  workspace_id varchar(36) not null,
  plugin varchar(64) not null,
  settings longtext not null,
  updated_at bigint not null,
  primary key (workspace_id, plugin),
  foreign key (workspace_id) references workspaces (id) on delete cascade
) {{table}};

create table if not exists audit (
  id varchar(36) primary key,
  workspace_id varchar(36) not null,
  actor varchar(100) not null,
  action varchar(80) not null,
  object varchar(200) not null,
  before_state longtext,
  after_state longtext,
  ip varchar(64),
  at bigint not null,
  key audit_at (workspace_id, at)
) {{table}};

create table if not exists nodes (
  id varchar(80) primary key,
  started_at bigint not null,
  last_seen_at bigint not null
) {{table}};
