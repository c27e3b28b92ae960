-- A new message's text is entered into the index by the insertion itself, apart from the row: after a
-- trigger's statement the index would be flushed for each message. Changes and deletions, also those by
-- reference, keep their triggers.
drop trigger messages_inserted;
