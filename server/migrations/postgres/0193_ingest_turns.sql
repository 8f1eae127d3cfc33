-- Whose items wait, so that the senders take turns; and the turn of each sender: the lowest is the next.
ALTER TABLE inbox ADD COLUMN sender UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
UPDATE inbox
SET    sender = CASE
                  WHEN who ->> 'id' IS NOT NULL THEN CAST(who ->> 'id' AS UUID)
                  WHEN who ->> 'kind' = 'guest' THEN CAST('ffffffff-ffff-ffff-ffff-ffffffffffff' AS UUID)
                  ELSE sender
                END;
CREATE INDEX inbox_sender ON inbox (queue, sender, id, part, received_at);
ALTER TABLE ingest_sender ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
