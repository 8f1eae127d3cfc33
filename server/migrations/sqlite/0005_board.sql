-- The same index as before, with what a board adds up: counting and summing by stage reads nothing else.
DROP INDEX lead_stage;
CREATE INDEX lead_stage ON lead (stage, id, value);

-- A list of leads as someone likes to see it; `query` is what it shows.
CREATE TABLE saved_view (
  id         BLOB    NOT NULL PRIMARY KEY,
  revision   BIGINT  NOT NULL,
  name       TEXT    NOT NULL,
  shared     BOOLEAN NOT NULL,
  owner      BLOB    NOT NULL,
  query      TEXT    NOT NULL,
  position   BIGINT  NOT NULL,
  created_at BIGINT  NOT NULL,
  updated_at BIGINT  NOT NULL,
  name_fold  TEXT    NOT NULL,
  UNIQUE (owner, name_fold)
);
