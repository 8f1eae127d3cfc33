-- Ids are UUID v7, times microseconds since 1970 in UTC, money minor units.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- The event log, the outbox, the audit trail and the live feed.
CREATE TABLE change (
  seq       INTEGER PRIMARY KEY,
  id        BLOB   NOT NULL UNIQUE,
  at        BIGINT NOT NULL,
  who       TEXT   NOT NULL,
  origin    BLOB,
  op        TEXT   NOT NULL,
  entity    TEXT   NOT NULL,
  entity_id BLOB,
  lead_id   BLOB,
  before    TEXT,
  after     TEXT
);
CREATE INDEX change_lead ON change (lead_id, id) WHERE lead_id IS NOT NULL;

CREATE TABLE lead (
  id               BLOB    NOT NULL PRIMARY KEY,
  revision         BIGINT  NOT NULL,
  name             TEXT    NOT NULL,
  email            TEXT    NOT NULL UNIQUE,
  company          TEXT,
  title            TEXT,
  phone            TEXT,
  location         TEXT,
  linkedin_url     TEXT,
  notes            TEXT,
  status           TEXT    NOT NULL,
  connection       TEXT    NOT NULL,
  stage            BIGINT  NOT NULL,
  stage_at         BIGINT  NOT NULL,
  engaged          BOOLEAN NOT NULL,
  owner            BLOB,
  value            BIGINT,
  score            BIGINT  NOT NULL,
  customer_id      TEXT,
  total_spend      BIGINT  NOT NULL,
  visits           BIGINT  NOT NULL,
  last_active_at   BIGINT,
  consent          TEXT    NOT NULL,
  tags             TEXT    NOT NULL,
  custom           TEXT    NOT NULL,
  last_activity    TEXT    NOT NULL,
  last_activity_at BIGINT  NOT NULL,
  import_id        BLOB,
  created_at       BIGINT  NOT NULL,
  updated_at       BIGINT  NOT NULL,
  -- Folded in Rust, so that both databases, the server and the browser compare the same. '' is absent.
  name_fold        TEXT    NOT NULL,
  company_fold     TEXT    NOT NULL,
  title_fold       TEXT    NOT NULL,
  location_fold    TEXT    NOT NULL,
  customer_id_fold TEXT    NOT NULL,
  tags_fold        TEXT    NOT NULL,
  custom_fold      TEXT    NOT NULL,
  search           TEXT    NOT NULL
);
-- One index for each order a list can have; ids are in the order of creation.
CREATE INDEX lead_name          ON lead (name_fold, id);
CREATE INDEX lead_company       ON lead (company_fold, id);
CREATE INDEX lead_stage         ON lead (stage, id);
CREATE INDEX lead_score         ON lead (score, id);
CREATE INDEX lead_value         ON lead (COALESCE(value, -1), id);
CREATE INDEX lead_last_activity ON lead (last_activity_at, id);
CREATE INDEX lead_status        ON lead (status, id);
CREATE INDEX lead_import        ON lead (import_id) WHERE import_id IS NOT NULL;

-- Moves and notes stay when their lead is deleted, so that undo brings them back; they go when the log forgets the lead.
CREATE TABLE stage_move (
  id         BLOB   NOT NULL PRIMARY KEY,
  lead_id    BLOB   NOT NULL,
  from_stage BIGINT,
  to_stage   BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  who        TEXT   NOT NULL
);
CREATE INDEX stage_move_lead ON stage_move (lead_id, id);

CREATE TABLE note (
  id         BLOB   NOT NULL PRIMARY KEY,
  lead_id    BLOB   NOT NULL,
  body       TEXT   NOT NULL,
  author     TEXT   NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX note_lead ON note (lead_id, id);

CREATE TABLE import (
  id          BLOB   NOT NULL PRIMARY KEY,
  revision    BIGINT NOT NULL,
  file        TEXT   NOT NULL,
  status      TEXT   NOT NULL,
  size        BIGINT NOT NULL,
  encoding    TEXT   NOT NULL,
  delimiter   TEXT   NOT NULL,
  columns     TEXT   NOT NULL,
  options     TEXT   NOT NULL,
  -- Where to go on after a restart: bytes of the file whose rows are committed.
  read        BIGINT NOT NULL,
  rows        BIGINT NOT NULL,
  created     BIGINT NOT NULL,
  updated     BIGINT NOT NULL,
  duplicates  BIGINT NOT NULL,
  rejected    BIGINT NOT NULL,
  error       TEXT,
  created_by  TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  started_at  BIGINT,
  finished_at BIGINT
);

-- Leads that an import updated, as they were and as it left them: its way back, around what people edited since.
-- Leads it created carry its id.
CREATE TABLE import_undo (
  import_id BLOB   NOT NULL REFERENCES import (id) ON DELETE CASCADE,
  lead_id   BLOB   NOT NULL,
  before    TEXT  NOT NULL,
  after     TEXT  NOT NULL,
  PRIMARY KEY (import_id, lead_id)
);

CREATE TABLE import_rejected (
  import_id BLOB   NOT NULL REFERENCES import (id) ON DELETE CASCADE,
  line      BIGINT NOT NULL,
  field     TEXT   NOT NULL,
  value     TEXT   NOT NULL,
  reason    TEXT   NOT NULL,
  -- The row's cells, for the file to download.
  cells     TEXT   NOT NULL,
  PRIMARY KEY (import_id, line)
);

CREATE TABLE account (
  id         BLOB   NOT NULL PRIMARY KEY,
  revision   BIGINT NOT NULL,
  email      TEXT   NOT NULL UNIQUE,
  name       TEXT   NOT NULL,
  role       TEXT   NOT NULL,
  password   TEXT   NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE session (
  id         BLOB   NOT NULL PRIMARY KEY,
  account_id BLOB   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  -- SHA-256 of the token; the token itself is only in the cookie.
  token      BLOB  NOT NULL UNIQUE,
  agent      TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);

CREATE TABLE api_key (
  id         BLOB   NOT NULL PRIMARY KEY,
  name       TEXT   NOT NULL,
  role       TEXT   NOT NULL,
  prefix     TEXT   NOT NULL,
  -- SHA-256 of the key.
  key        BLOB  NOT NULL UNIQUE,
  created_at BIGINT NOT NULL
);
