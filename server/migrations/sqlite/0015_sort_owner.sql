-- The order of a list by owner: who has none has a place too.
ALTER TABLE lead ADD COLUMN owner_key BLOB GENERATED ALWAYS AS (COALESCE(owner, x'00000000000000000000000000000000')) VIRTUAL;
CREATE INDEX lead_owner ON lead (owner_key, id);
