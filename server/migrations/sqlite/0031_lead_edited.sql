-- The revision of the last write to a field that people edit. Work in campaigns, notes and computed figures move `revision` alone.
ALTER TABLE lead ADD COLUMN edited BIGINT NOT NULL DEFAULT 0;
UPDATE lead SET edited = revision;
