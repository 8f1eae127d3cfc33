-- The settings of the workspace: one row. Amounts had no currency before, and were shown in euro; days were those of UTC.
CREATE TABLE workspace (
  id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  revision   BIGINT NOT NULL,
  name       TEXT   NOT NULL,
  currency   TEXT   NOT NULL,
  time_zone  TEXT   NOT NULL,
  week_start TEXT   NOT NULL,
  updated_at BIGINT NOT NULL
);
INSERT INTO workspace (id, revision, name, currency, time_zone, week_start, updated_at)
VALUES                (1, 1, 'Linnet', 'EUR', 'UTC', 'monday', 0);
