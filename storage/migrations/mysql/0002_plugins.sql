-- What plugins keep. The tables of their own schema are recorded by name (in lower case), and a
-- plugin's statements reach exactly those.
create table if not exists plugin_tables (
  name varchar(128) primary key,
  plugin varchar(64) not null,
  key plugin_tables_plugin (plugin, name)
) {{table}};

-- With their text: one that was applied must never change.
create table if not exists plugin_migrations (
  plugin varchar(64) not null,
  number bigint not null,
  name varchar(200) not null,
  "sql" longtext not null,
  applied_at bigint not null,
  primary key (plugin, number)
) {{table}};

-- Of a migration under way: how many of its statements are done, and whether the next one was begun
-- and left nothing behind before. Statements that define tables take effect one by one here.
create table if not exists plugin_migration_steps (
  plugin varchar(64) not null,
  number bigint not null,
  "sql" longtext not null,
  done bigint not null,
  begun bigint not null,
  primary key (plugin, number)
) {{table}};

-- Keys are compared by their bytes; values are base64, for they may be any bytes.
create table if not exists plugin_kv (
  plugin varchar(64) not null,
  "key" varchar(200) not null,
  value longtext not null,
  expires_at bigint,
  updated_at bigint not null,
  primary key (plugin, "key"),
  key plugin_kv_expiry (expires_at)
) {{table}};

create table if not exists event_backlog (
  plugin varchar(64) not null,
  seq bigint not null,
  lane varchar(120) not null,
  state varchar(10) not null,
  attempts bigint not null,
  not_before bigint not null,
  error longtext not null,
  updated_at bigint not null,
  primary key (plugin, seq),
  key event_backlog_heads (plugin, state, lane, seq, not_before),
  key event_backlog_seq (seq)
) {{table}};
