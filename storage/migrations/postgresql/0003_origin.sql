-- The client whose request caused an event, which is not told of it, whichever host tells.
alter table journal add column origin_socket varchar(64);
