-- Definitions of custom fields. Their values are in the leads.
CREATE TABLE custom_field (
  id         UUID    NOT NULL PRIMARY KEY,
  revision   BIGINT  NOT NULL,
  key        TEXT    NOT NULL,
  label      TEXT    NOT NULL,
  kind       TEXT    NOT NULL,
  required   BOOLEAN NOT NULL,
  choices    JSONB   NOT NULL,
  position   BIGINT  NOT NULL,
  created_at BIGINT  NOT NULL,
  updated_at BIGINT  NOT NULL
);
