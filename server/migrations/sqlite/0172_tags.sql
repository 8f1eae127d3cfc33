-- How each tag is written: by its folded name, the way in which it came first or was renamed. Tags that no lead has any more stay known.
-- The first start of this version folds all texts again, and counts the tags then.
CREATE TABLE tag (
  fold TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL
) WITHOUT ROWID;
