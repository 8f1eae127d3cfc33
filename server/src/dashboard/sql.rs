//! Every statement of the dashboard.

use crate::store::Sql;

/// For the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[Sql::same(COUNTERS), Sql::same(REPLIES), Sql::same(CAMPAIGNS), Sql::same(TOP)];

/// Tallies, summed over their slots. Of the tallies per day only days `$1` to `$2`.
pub(super) const COUNTERS: &str = "
SELECT   kind, key, CAST(SUM(leads) AS BIGINT), CAST(SUM(value) AS BIGINT)
FROM     tally
WHERE    kind < 'created' OR kind > 'created'
GROUP BY kind, key
UNION ALL
SELECT   kind, key, CAST(SUM(leads) AS BIGINT), CAST(SUM(value) AS BIGINT)
FROM     tally
WHERE    kind = 'created' AND key >= $1 AND key <= $2
GROUP BY kind, key";

/// Replies per day, without deleted campaigns and leads. Replies are rare, and the index on `replied_at` finds them.
pub(super) const REPLIES: &str = "
SELECT   replied_at / 86400000000 AS day, COUNT(*)
FROM     enrollment
WHERE    replied_at >= $1 AND replied_at < $2 AND replied_at IS NOT NULL AND NOT gone AND campaign_id IN (SELECT id FROM campaign)
GROUP BY replied_at / 86400000000";

pub(super) const CAMPAIGNS: &str = "SELECT status, COUNT(*) FROM campaign GROUP BY status";

pub(super) const TOP: &str = "
SELECT   id, name, total_leads, successful_leads, replied, standing, step_count
FROM     campaign JOIN campaign_counts ON campaign_id = id
WHERE    status = 'active'
ORDER BY total_leads DESC, id DESC
LIMIT    3";
