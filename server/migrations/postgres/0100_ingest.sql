-- Batches that were accepted and are not applied yet. A batch is deleted by the transaction that applies it.
CREATE TABLE inbox (
  id          UUID   NOT NULL,
  -- Place in its batch, when the batch was taken apart; else 0.
  part        BIGINT NOT NULL,
  queue       TEXT   NOT NULL,
  -- Checked items, a JSON list.
  items       JSONB  NOT NULL,
  count       BIGINT NOT NULL,
  who         JSONB  NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (id, part)
);
CREATE INDEX inbox_queue ON inbox (queue, id, part, count, received_at);

-- Items that could not be applied.
CREATE TABLE parked (
  id          UUID   NOT NULL PRIMARY KEY,
  queue       TEXT   NOT NULL,
  item        JSONB  NOT NULL,
  reason      TEXT   NOT NULL,
  who         JSONB  NOT NULL,
  received_at BIGINT NOT NULL,
  parked_at   BIGINT NOT NULL
);
-- How many are parked is read every second.
CREATE INDEX parked_queue ON parked (queue);

-- One row for each queue: a job that never ends, leased to the server that applies its batches.
CREATE TABLE ingest_queue (
  id            UUID   NOT NULL PRIMARY KEY,
  name          TEXT   NOT NULL UNIQUE,
  status        TEXT   NOT NULL,
  run_by        JSONB,
  lease_by      UUID,
  lease_until   BIGINT NOT NULL,
  -- Items applied since the installation, and when the last ones were.
  applied       BIGINT NOT NULL,
  applied_at    BIGINT NOT NULL,
  -- When the current run began, and `applied` then.
  began_at      BIGINT NOT NULL,
  began_applied BIGINT NOT NULL
);
INSERT INTO ingest_queue (id, name, status, lease_until, applied, applied_at, began_at, began_applied)
VALUES ('0198c5a2-7b1e-7c44-9f0a-3d2f5b6a7c01', 'customers', 'running', 0, 0, 0, 0, 0),
       ('0198c5a2-7b1e-7c44-9f0a-3d2f5b6a7c02', 'orders',    'running', 0, 0, 0, 0, 0);
