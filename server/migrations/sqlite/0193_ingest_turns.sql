-- Whose items wait, so that the senders take turns; and the turn of each sender: the lowest is the next.
ALTER TABLE inbox ADD COLUMN sender BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';
UPDATE inbox
SET    sender = CASE
                  WHEN who ->> 'id' IS NOT NULL THEN unhex(replace(who ->> 'id', '-', ''))
                  WHEN who ->> 'kind' = 'guest' THEN x'ffffffffffffffffffffffffffffffff'
                  ELSE sender
                END;
CREATE INDEX inbox_sender ON inbox (queue, sender, id, part, received_at);
ALTER TABLE ingest_sender ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
