//! Every statement of the dashboard.

use crate::store::Sql;

/// For the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[CREATED, REPLIES, Sql::same(COUNTERS), Sql::same(CAMPAIGNS), Sql::same(TOP)];

/// Tallies, summed over their slots, but for those of new leads and of tags.
pub(super) const COUNTERS: &str = "
SELECT   kind, key, CAST(SUM(leads) AS BIGINT), CAST(SUM(value) AS BIGINT)
FROM     tally
WHERE    kind < 'created' OR (kind > 'created' AND kind < 'tag:')
GROUP BY kind, key";

/// New leads per day. `$1`: a list of day, its first quarter of an hour, and that of the next day. Each day is a search of the primary key.
pub(super) const CREATED: Sql = Sql {
    sqlite: "
SELECT one.value ->> 0, (
           SELECT COALESCE(SUM(leads), 0)
           FROM   tally
           WHERE  kind = 'created' AND tally.key >= one.value ->> 1 AND tally.key < one.value ->> 2
       )
FROM   json_each($1) AS one",
    postgres: "
SELECT CAST(one ->> 0 AS BIGINT), (
           SELECT CAST(COALESCE(SUM(leads), 0) AS BIGINT)
           FROM   tally
           WHERE  kind = 'created' AND key >= CAST(one ->> 1 AS BIGINT) AND key < CAST(one ->> 2 AS BIGINT)
       )
FROM   jsonb_array_elements($1) AS one",
};

/// Replies per day, without deleted campaigns and leads. `$1`: a list of day, its start, and that of the next day. Replies are rare, and the
/// index on `replied_at` finds them; `+` keeps SQLite from searching each campaign instead.
pub(super) const REPLIES: Sql = Sql {
    sqlite: "
SELECT one.value ->> 0, (
           SELECT COUNT(*)
           FROM   enrollment
           WHERE  replied_at >= one.value ->> 1 AND replied_at < one.value ->> 2 AND replied_at IS NOT NULL AND NOT gone
           AND    +campaign_id IN (SELECT id FROM campaign)
       )
FROM   json_each($1) AS one",
    postgres: "
SELECT CAST(one ->> 0 AS BIGINT), (
           SELECT COUNT(*)
           FROM   enrollment
           WHERE  replied_at >= CAST(one ->> 1 AS BIGINT) AND replied_at < CAST(one ->> 2 AS BIGINT) AND replied_at IS NOT NULL AND NOT gone
           AND    campaign_id IN (SELECT id FROM campaign)
       )
FROM   jsonb_array_elements($1) AS one",
};

pub(super) const CAMPAIGNS: &str = "SELECT status, COUNT(*) FROM campaign GROUP BY status";

pub(super) const TOP: &str = "
SELECT   id, name, total_leads, successful_leads, replied, standing, step_count
FROM     campaign JOIN campaign_counts ON campaign_id = id
WHERE    status = 'active'
ORDER BY total_leads DESC, id DESC
LIMIT    3";
