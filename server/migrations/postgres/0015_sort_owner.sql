-- The order of a list by owner: who has none has a place too.
ALTER TABLE lead ADD COLUMN owner_key UUID GENERATED ALWAYS AS (COALESCE(owner, '00000000-0000-0000-0000-000000000000'::uuid)) STORED;
CREATE INDEX lead_owner ON lead (owner_key, id);
