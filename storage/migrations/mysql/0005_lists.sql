-- Lists read one index in the order in which they show it: each filter that may leave little of much
-- has its own. Each table changes as a whole, and only once. An index has no condition here, so
-- whether there is anything unread is a column of its own.
set @change = if((select count(*) from information_schema.statistics where
  table_schema = database() and table_name = 'contacts' and index_name = 'contacts_archived') = 0,
  'alter table contacts add column is_unread bigint generated always as (unread > 0) virtual,
    drop index contacts_unread,
    add index contacts_unread (workspace_id, is_unread, last_message_at desc, id desc),
    add index contacts_archived (workspace_id, archived, last_message_at desc, id desc)',
  'do 0');
prepare statement from @change;
execute statement;
set @change = if((select count(*) from information_schema.statistics where
  table_schema = database() and table_name = 'messages' and index_name = 'messages_account') = 0,
  'alter table messages drop index messages_status,
    add index messages_status (workspace_id, status, created_at desc, id desc),
    add index messages_account (workspace_id, account_id, created_at desc, id desc),
    add index messages_type (workspace_id, type, created_at desc, id desc)',
  'do 0');
prepare statement from @change;
execute statement;
set @change = if((select count(*) from information_schema.statistics where
  table_schema = database() and table_name = 'journal' and index_name = 'journal_account') = 0,
  'alter table journal add index journal_account (workspace_id, account_id, seq)',
  'do 0');
prepare statement from @change;
execute statement;
set @change = if((select count(*) from information_schema.statistics where
  table_schema = database() and table_name = 'audit' and index_name = 'audit_recent') = 0,
  'alter table audit drop index audit_at, add index audit_recent (workspace_id, at desc, id desc)',
  'do 0');
prepare statement from @change;
execute statement;
set @change = if((select count(*) from information_schema.statistics where
  table_schema = database() and table_name = 'outbox' and index_name = 'outbox_open') = 0,
  'alter table outbox add index outbox_all (workspace_id, id),
    add index outbox_open (state, priority)',
  'do 0');
prepare statement from @change;
execute statement;
deallocate prepare statement;
