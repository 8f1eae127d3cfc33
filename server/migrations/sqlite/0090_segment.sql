-- Saved rules over leads, and their sizes.
CREATE TABLE segment (
  id           BLOB    NOT NULL PRIMARY KEY,
  revision     BIGINT  NOT NULL,
  name         TEXT    NOT NULL,
  description  TEXT    NOT NULL,
  rule         TEXT    NOT NULL,
  created_by   TEXT    NOT NULL,
  created_at   BIGINT  NOT NULL,
  updated_at   BIGINT  NOT NULL,
  name_fold    TEXT    NOT NULL UNIQUE,
  -- The moment as of which the rule is evaluated.
  as_of        BIGINT  NOT NULL,
  -- The moment of the last count. Before it is that of the rule, its leads must be counted.
  counted_as_of BIGINT NOT NULL,
  -- Whether the tallies are those of the rule. If not, its leads must be counted.
  counted      BOOLEAN NOT NULL,
  -- Incremented by whatever makes a running count wrong.
  count_number BIGINT  NOT NULL
);

-- What each write added to and took from a segment, by day. The size of a segment is what entered without what left. Slot -1 is what a
-- count found at its creation, or after an edit of its rule: nobody entered or left then.
CREATE TABLE segment_tally (
  segment_id BLOB   NOT NULL,
  day        BIGINT NOT NULL,
  slot       BIGINT NOT NULL,
  entered    BIGINT NOT NULL,
  departed   BIGINT NOT NULL,
  PRIMARY KEY (segment_id, day, slot)
) WITHOUT ROWID;

-- Leads that entered and left, for people to look at.
CREATE TABLE segment_move (
  id         INTEGER NOT NULL PRIMARY KEY,
  segment_id BLOB    NOT NULL,
  lead_id    BLOB    NOT NULL,
  entered    BOOLEAN NOT NULL,
  at         BIGINT  NOT NULL
);
CREATE INDEX segment_move_newest ON segment_move (segment_id, id);
CREATE INDEX segment_move_at ON segment_move (at);
