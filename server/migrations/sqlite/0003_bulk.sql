-- One thing done to many leads.
CREATE TABLE bulk (
  id          BLOB   NOT NULL PRIMARY KEY,
  revision    BIGINT NOT NULL,
  action      TEXT   NOT NULL,
  -- Which leads: named, or those that match a rule as of `created_at`.
  which       TEXT   NOT NULL,
  -- The owner's or the campaign's name, as it was.
  name        TEXT   NOT NULL,
  status      TEXT   NOT NULL,
  total       BIGINT NOT NULL,
  done        BIGINT NOT NULL,
  changed     BIGINT NOT NULL,
  error       TEXT,
  who         TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  finished_at BIGINT,
  -- Leads are taken in the order of their ids: where to go on after a restart, and where to stop, so that each has one turn.
  cursor      BLOB   NOT NULL,
  upto        BLOB   NOT NULL
);
CREATE INDEX bulk_unfinished ON bulk (id) WHERE status IN ('running', 'undoing');

-- Leads that an import or a bulk action changed, as they were and as it left them: its way back, around what people edited since.
CREATE TABLE lead_image (
  set_id  BLOB NOT NULL,
  lead_id BLOB NOT NULL,
  before  TEXT,
  after   TEXT,
  PRIMARY KEY (set_id, lead_id)
) WITHOUT ROWID;

-- What only the server writes is no part of the way back.
INSERT INTO lead_image (set_id, lead_id, before, after)
SELECT import_id, lead_id,
       json_remove(before, '$.id', '$.revision', '$.stageAt', '$.totalSpend', '$.visits', '$.lastActiveAt', '$.lastActivity',
                   '$.lastActivityDate', '$.importId', '$.createdAt', '$.updatedAt'),
       json_remove(after, '$.id', '$.revision', '$.stageAt', '$.totalSpend', '$.visits', '$.lastActiveAt', '$.lastActivity',
                   '$.lastActivityDate', '$.importId', '$.createdAt', '$.updatedAt')
FROM   import_undo;
DROP TABLE import_undo;
