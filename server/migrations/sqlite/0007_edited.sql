-- Counters move a campaign's revision too: this is the last one that somebody wrote.
ALTER TABLE campaign ADD COLUMN edited BIGINT NOT NULL DEFAULT 0;
UPDATE campaign SET edited = revision;
