-- Large texts of the change log, each kept once. `text` is whole, or what stands between the first `head` and the last `tail` bytes
-- of the text `base`. `at`: when it was last written.
CREATE TABLE large_text (
  hash TEXT   NOT NULL PRIMARY KEY,
  at   BIGINT NOT NULL,
  base TEXT,
  head BIGINT NOT NULL,
  tail BIGINT NOT NULL,
  text TEXT   NOT NULL
);

-- Which process works on a job, and until when the others leave it alone unless it says so again.
ALTER TABLE import ADD COLUMN lease_by    UUID;
ALTER TABLE import ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bulk   ADD COLUMN lease_by    UUID;
ALTER TABLE bulk   ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;

-- Rows that came in without the cells that could not be read.
ALTER TABLE import ADD COLUMN incomplete BIGINT NOT NULL DEFAULT 0;
-- Leads that an undo left, as people worked on them since: how many, and the first of them.
ALTER TABLE import ADD COLUMN kept JSONB NOT NULL DEFAULT '{"count":0,"leads":[]}';
-- What happened to the file as a whole, such as characters that could not be read.
ALTER TABLE import ADD COLUMN remark TEXT;
-- The row came in, without the cell.
ALTER TABLE import_rejected ADD COLUMN imported BOOLEAN NOT NULL DEFAULT FALSE;

-- Files of imports in parts, where several servers share one database: whichever goes on with an import has its file.
CREATE TABLE import_file (
  import_id UUID   NOT NULL,
  part      BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  bytes     BYTEA  NOT NULL,
  PRIMARY KEY (import_id, part)
);
