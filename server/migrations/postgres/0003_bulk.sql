-- One thing done to many leads.
CREATE TABLE bulk (
  id          UUID   NOT NULL PRIMARY KEY,
  revision    BIGINT NOT NULL,
  action      JSONB  NOT NULL,
  -- Which leads: named, or those that match a rule as of `created_at`.
  which       JSONB  NOT NULL,
  -- The owner's or the campaign's name, as it was.
  name        TEXT   NOT NULL,
  status      TEXT   NOT NULL,
  total       BIGINT NOT NULL,
  done        BIGINT NOT NULL,
  changed     BIGINT NOT NULL,
  error       TEXT,
  who         JSONB  NOT NULL,
  created_at  BIGINT NOT NULL,
  finished_at BIGINT,
  -- Leads are taken in the order of their ids: where to go on after a restart, and where to stop, so that each has one turn.
  cursor      UUID   NOT NULL,
  upto        UUID   NOT NULL
);
CREATE INDEX bulk_unfinished ON bulk (id) WHERE status IN ('running', 'undoing');

-- Leads that an import or a bulk action changed, as they were and as it left them: its way back, around what people edited since.
CREATE TABLE lead_image (
  set_id  UUID NOT NULL,
  lead_id UUID NOT NULL,
  before  JSONB,
  after   JSONB,
  PRIMARY KEY (set_id, lead_id)
);

-- What only the server writes is no part of the way back.
INSERT INTO lead_image (set_id, lead_id, before, after)
SELECT import_id, lead_id,
       before - CAST('{id,revision,stageAt,totalSpend,visits,lastActiveAt,lastActivity,lastActivityDate,importId,createdAt,updatedAt}' AS TEXT[]),
       after - CAST('{id,revision,stageAt,totalSpend,visits,lastActiveAt,lastActivity,lastActivityDate,importId,createdAt,updatedAt}' AS TEXT[])
FROM   import_undo;
DROP TABLE import_undo;
