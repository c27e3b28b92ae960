-- What plugins keep. The tables of their own schema are recorded by name (in lower case), and a
-- plugin's statements reach exactly those.
create table plugin_tables (
  name varchar(128) primary key,
  plugin varchar(64) not null
);
create index plugin_tables_plugin on plugin_tables (plugin, name);

-- With their text: one that was applied must never change.
create table plugin_migrations (
  plugin varchar(64) not null,
  number bigint not null,
  name varchar(200) not null,
  sql text not null,
  applied_at bigint not null,
  primary key (plugin, number)
);

-- Keys are compared by their bytes; values are base64, for they may be any bytes.
create table plugin_kv (
  plugin varchar(64) not null,
  key varchar(200) collate "C" not null,
  value text not null,
  expires_at bigint,
  updated_at bigint not null,
  primary key (plugin, key)
);
create index plugin_kv_expiry on plugin_kv (expires_at) where expires_at is not null;

create table event_backlog (
  plugin varchar(64) not null,
  seq bigint not null,
  lane varchar(120) not null,
  state varchar(10) not null,
  attempts bigint not null,
  not_before bigint not null,
  error text not null,
  updated_at bigint not null,
  primary key (plugin, seq)
);
create index event_backlog_heads on event_backlog (plugin, state, lane, seq, not_before);
create index event_backlog_seq on event_backlog (seq);
