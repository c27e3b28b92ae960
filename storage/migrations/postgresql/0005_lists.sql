-- Lists read one index in the order in which they show it: each filter that may leave little of much
-- has its own.
drop index contacts_unread;
create index contacts_unread on contacts (workspace_id, last_message_at desc, id desc)
  where unread > 0;
create index contacts_read on contacts (workspace_id, last_message_at desc, id desc)
  where unread = 0;
create index contacts_archived on contacts (workspace_id, archived, last_message_at desc, id desc);
drop index messages_status;
create index messages_status on messages (workspace_id, status, created_at desc, id desc);
create index messages_account on messages (workspace_id, account_id, created_at desc, id desc);
create index messages_type on messages (workspace_id, type, created_at desc, id desc);
create index journal_account on journal (workspace_id, account_id, seq)
  where account_id is not null;
drop index audit_at;
create index audit_recent on audit (workspace_id, at desc, id desc);
-- Of the outbox: all of a workspace, and what is not done.
create index outbox_all on outbox (workspace_id, id);
create index outbox_open on outbox (state, priority) where state <> 'done';
