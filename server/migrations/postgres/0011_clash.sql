-- Rows whose keys became the same as another's when text came to be compared in another way: what they are called, and what the other
-- row has. Addresses (`lead`, `account`) stay as they were; names (`campaign`, `saved_view`) got a number.
CREATE TABLE clash (
  id    UUID  NOT NULL PRIMARY KEY,
  kind  TEXT   NOT NULL,
  other UUID  NOT NULL,
  -- What the row has now, and the key that it would have.
  has   TEXT   NOT NULL,
  key   TEXT   NOT NULL,
  at    BIGINT NOT NULL
);
