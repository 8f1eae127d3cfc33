//! Every statement about tags as a whole.

use crate::store::Sql;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[LIST, TOTAL, Sql::same(ONE), NAME, RENAME, Sql::same(CLEAR), COUNT, NAMES];

/// `$contains` finds a text in another.
macro_rules! list {
    ($contains:literal) => {
        concat!(
            "
SELECT   tag.name, CAST(SUM(tally.leads) AS BIGINT)
FROM     tally JOIN tag ON tag.fold = substr(tally.kind, 5)
WHERE    tally.kind >= 'tag:' AND tally.kind < 'tag;' AND ",
            $contains,
            "(tag.fold, $1) > 0
GROUP BY tag.fold, tag.name
HAVING   SUM(tally.leads) > 0
ORDER BY SUM(tally.leads) DESC, tag.fold
LIMIT    $2"
        )
    };
}

macro_rules! total {
    ($contains:literal) => {
        concat!(
            "
SELECT COUNT(*)
FROM   (
           SELECT   kind
           FROM     tally
           WHERE    kind >= 'tag:' AND kind < 'tag;' AND ",
            $contains,
            "(substr(kind, 5), $1) > 0
           GROUP BY kind
           HAVING   SUM(leads) > 0
       ) AS used"
        )
    };
}

/// The $2 tags with the most leads whose folded name contains $1. A tally of a tag has the kind `tag:` and its folded name.
pub(super) const LIST: Sql = Sql { sqlite: list!("instr"), postgres: list!("strpos") };
/// Number of all of them.
pub(super) const TOTAL: Sql = Sql { sqlite: total!("instr"), postgres: total!("strpos") };
pub(super) const ONE: &str = "
SELECT   tag.name, CAST(SUM(tally.leads) AS BIGINT)
FROM     tag JOIN tally ON tally.kind = 'tag:' || tag.fold
WHERE    tag.fold = $1
GROUP BY tag.name
HAVING   SUM(tally.leads) > 0";

/// Keeps how tags are written: a list of folded name and name. The first way stays.
pub(crate) const NAME: Sql = Sql {
    sqlite: "
INSERT INTO tag (fold, name)
SELECT      one.value ->> 0, one.value ->> 1
FROM        json_each($1) AS one
WHERE       TRUE
ON CONFLICT (fold) DO NOTHING",
    postgres: "
INSERT INTO tag (fold, name)
SELECT      one ->> 0, one ->> 1
FROM        jsonb_array_elements($1) AS one
ON CONFLICT (fold) DO NOTHING",
};
/// Sets how a tag is written.
pub(crate) const RENAME: Sql =
    Sql::same("INSERT INTO tag (fold, name) VALUES ($1, $2) ON CONFLICT (fold) DO UPDATE SET name = excluded.name");

/// Each lead's tags on SQLite, numbered from 0: folded, with a line feed before and after each, as in `tags_fold`. Then `$select`.
macro_rules! with_parts {
    ($select:literal) => {
        concat!(
            "
WITH RECURSIVE part (id, at, fold, rest) AS (
  SELECT id, -1, '', substr(tags_fold, 2) FROM lead WHERE tags_fold <> ''
  UNION ALL
  SELECT id, at + 1, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1) FROM part WHERE instr(rest, char(10)) > 0
)
",
            $select
        )
    };
}

/// Together they count all tags again.
pub(super) const CLEAR: &str = "DELETE FROM tally WHERE kind >= 'tag:' AND kind < 'tag;'";
pub(super) const COUNT: Sql = Sql {
    sqlite: with_parts!(
        "INSERT INTO tally (kind, key, slot, leads, value) SELECT 'tag:' || fold, 0, 0, COUNT(*), 0 FROM part WHERE at >= 0 GROUP BY fold"
    ),
    postgres: "
INSERT INTO tally (kind, key, slot, leads, value)
SELECT   'tag:' || fold, 0, 0, COUNT(*), 0
FROM     lead, unnest(string_to_array(btrim(tags_fold, E'\\n'), E'\\n')) AS fold
WHERE    tags_fold <> ''
GROUP BY fold",
};
pub(super) const NAMES: Sql = Sql {
    sqlite: with_parts!(
        "INSERT INTO tag (fold, name)
SELECT      part.fold, MIN(one.value)
FROM        part JOIN lead ON lead.id = part.id JOIN json_each(lead.tags) AS one ON one.key = part.at
WHERE       part.at >= 0
GROUP BY    part.fold
ON CONFLICT (fold) DO NOTHING"
    ),
    postgres: "
INSERT INTO tag (fold, name)
SELECT      folds.fold, MIN(names.name)
FROM        lead,
            unnest(string_to_array(btrim(tags_fold, E'\\n'), E'\\n')) WITH ORDINALITY AS folds (fold, at),
            jsonb_array_elements_text(tags) WITH ORDINALITY AS names (name, at)
WHERE       tags_fold <> '' AND folds.at = names.at
GROUP BY    folds.fold
ON CONFLICT (fold) DO NOTHING",
};
