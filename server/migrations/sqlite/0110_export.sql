-- Exports of leads and orders as files.
CREATE TABLE export (
  id          BLOB    NOT NULL PRIMARY KEY,
  revision    BIGINT  NOT NULL,
  file        TEXT    NOT NULL,
  -- What is exported, in which order and columns.
  asked       TEXT    NOT NULL,
  status      TEXT    NOT NULL,
  total       BIGINT  NOT NULL,
  rows        BIGINT  NOT NULL,
  -- Size of the file. What the file holds behind it was not recorded, and is written again.
  bytes       BIGINT  NOT NULL,
  error       TEXT,
  who         TEXT    NOT NULL,
  -- The id of the user or key, whose files are counted.
  made_by     BLOB    NOT NULL,
  created_at  BIGINT  NOT NULL,
  finished_at BIGINT,
  expires_at  BIGINT,
  -- The columns of the file, with a column for each custom field.
  columns     TEXT    NOT NULL,
  -- The last row written; NULL before the first.
  cursor      TEXT,
  run_by      TEXT,
  lease_by    BLOB,
  lease_until BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX export_made_by ON export (made_by, id);
CREATE INDEX export_running ON export (id) WHERE status = 'running';
CREATE INDEX export_expires ON export (expires_at) WHERE expires_at IS NOT NULL;

-- On Postgres, the files in parts, where any server finds them. With SQLite they are in the folder of data.
CREATE TABLE export_part (
  export_id BLOB   NOT NULL,
  -- Where in the file it begins, and where it ends.
  begins    BIGINT NOT NULL,
  ends      BIGINT NOT NULL,
  bytes     BLOB   NOT NULL,
  PRIMARY KEY (export_id, begins)
);
