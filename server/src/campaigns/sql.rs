//! Every statement about campaigns and enrollments.

use crate::{
    leads::{Page, ids, lead_columns},
    store::{Sql, log::Prune},
};
use domain::campaigns::CampaignColumn;

/// The columns of a `Campaign`, in the order of `bind_campaign`.
macro_rules! campaign_columns {
    () => {
        "id, revision, edited, name, description, status, steps, total_leads, requests_sent, connected, messages_sent, contacted, replied, \
         successful_leads, finished, standing, created_by, made_by, created_at, updated_at, started_at, large, ended_at"
    };
}

/// The tables of `campaign_columns`.
macro_rules! campaign_tables {
    () => {
        "campaign JOIN campaign_counts ON campaign_id = id"
    };
}

/// The columns of a `Campaign::in_list`, without the texts, which may be 100 kB. On SQLite, those of `campaign` are all in the index
/// `campaign_outline`; on Postgres, long texts are stored apart from the row.
macro_rules! outline_columns {
    () => {
        "id, revision, edited, name, '' AS description, status, outline AS steps, total_leads, requests_sent, connected, messages_sent, \
         contacted, replied, successful_leads, finished, standing, created_by, made_by, created_at, updated_at, started_at, large, ended_at"
    };
}

/// Both texts of a statement that reads outlines: the condition, as text of SQLite and of Postgres, in id order (the lock order).
///
/// Locks the campaigns and their counters, so that a waiting transaction reads the newest of both (Postgres).
macro_rules! lock_outlines {
    ($sqlite:expr, $postgres:expr) => {
        Sql {
            sqlite: concat!(
                "SELECT ",
                outline_columns!(),
                " FROM campaign INDEXED BY campaign_outline JOIN campaign_counts ON campaign_id = id WHERE ",
                $sqlite,
                " ORDER BY id"
            ),
            postgres: concat!("SELECT ", outline_columns!(), " FROM ", campaign_tables!(), " WHERE ", $postgres, " ORDER BY id FOR UPDATE"),
        }
    };
}

/// The columns of a `CampaignSummary`. On SQLite, those of `campaign` are all in the index `campaign_summary`.
macro_rules! summary_columns {
    () => {
        "id, revision, edited, name, status, step_count, total_leads, requests_sent, connected, messages_sent, contacted, replied, \
         successful_leads, finished, standing, made_by, created_at"
    };
}

/// The fields that people edit, and the folded keys, in the order of `bind_campaign`.
macro_rules! edited_columns {
    () => {
        "id, edited, name, description, status, steps, created_by, made_by, created_at, updated_at, started_at, ended_at, name_fold, search"
    };
}

/// What follows from the steps `$6`: their number and outline. Postgres derives them itself, also from what an older server writes. SQLite
/// does not read a derived column from an index alone.
macro_rules! derived {
    () => {
        "json_array_length($6), (SELECT json_group_array(json_replace(value, '$.title', '', '$.content', '')) FROM json_each($6))"
    };
}

/// The counters, which follow the enrollments, in the order of `bind_figures`.
macro_rules! counts_columns {
    () => {
        "campaign_id, revision, total_leads, requests_sent, connected, messages_sent, contacted, replied, successful_leads, finished, standing, \
         large"
    };
}

/// The columns of an `Enrollment`, in the order of `bind_enrollment`. No column name is also one of `lead`.
macro_rules! enrollment_columns {
    () => {
        "campaign_id, lead_id, state, step_id, old_step, step_at, messages, enrolled_at, requested_at, connected_at, replied_at, succeeded_at, \
         finished_at, stopped_at"
    };
}

pub const ENROLLMENT_COLUMNS: &str = concat!(enrollment_columns!(), ", gone");

/// Every statement of this file except the pages, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[
    LOCK,
    LOCK_OUTLINE,
    LOCK_OF_LEAD,
    LOCK_OF_LEADS,
    ENROLL,
    UNENROLL,
    UNENROLL_NEW,
    THERE,
    LEFT_OUT,
    Sql::same(STOP),
    NEWCOMERS_OF,
    Sql::same(COMING_BACK),
    Sql::same(COMING_BACK_TO),
    ENROLLED_OF,
    OF_LEADS,
    FACTS,
    SET_GONE,
    Sql::same(GET),
    INSERT,
    UPDATE,
    Sql::same(DELETE),
    Sql::same(INSERT_COUNTS),
    Sql::same(UPDATE_COUNTS),
    Sql::same(BY_NAME),
    TO_REFOLD,
    Sql::same(NAMES),
    Sql::same(COUNT),
    Sql::same(OPEN),
    OF_IDS,
    NAMES_OF_IDS,
    Sql::same(OF_LEAD),
    Sql::same(PAGE_OF_LEAD),
    Sql::same(COUNT_OF_LEAD),
    Sql::same(CONNECTION),
    Sql::same(ENROLLED),
    Sql::same(ENROLLED_COUNT),
    Sql::same(RECOUNT),
    LOCK_LEADS,
    Sql::same(IDS),
    Sql::same(ASTRAY),
    Sql::same(SETTLE),
    Sql::same(NEWEST_CHANGE),
    Sql::same(SETTLE_STEP),
    KEEP_STEPS,
    Sql::same(MOVE_STEP),
    Sql::same(COMPLETE),
    Sql::same(STEP_BACK),
    Sql::same(COMPLETE_BACK),
    KEEP_BACK,
];

/// Enrollments of deleted leads and campaigns are kept as long as the deletion can be undone.
pub const PRUNE: &[Prune] = &[
    Prune::Unnamed(
        "
DELETE FROM enrollment
WHERE  gone AND NOT EXISTS (SELECT 1 FROM lead WHERE lead.id = enrollment.lead_id)
AND    NOT EXISTS (SELECT 1 FROM change WHERE change.lead_id = enrollment.lead_id)
AND    lead_id NOT IN (SELECT lead_id FROM lead_image)",
    ),
    Prune::Unnamed(
        "
DELETE FROM enrollment
WHERE  campaign_id NOT IN (SELECT id FROM campaign)
AND    campaign_id NOT IN (SELECT entity_id FROM change WHERE entity = 'campaign' AND entity_id IS NOT NULL)",
    ),
    Prune::Unnamed("DELETE FROM step_image WHERE change_id NOT IN (SELECT id FROM change)"),
];

pub(super) const GET: &str = concat!("SELECT ", campaign_columns!(), " FROM ", campaign_tables!(), " WHERE id = $1");

/// Locks a campaign and its counters, so that a waiting transaction reads the newest of both (Postgres).
/// SQLite has one writer and needs no lock. Lock order: lead before campaign, so that no two transactions deadlock.
pub(super) const LOCK: Sql =
    Sql { sqlite: GET, postgres: concat!("SELECT ", campaign_columns!(), " FROM ", campaign_tables!(), " WHERE id = $1 FOR UPDATE") };

/// As `LOCK`, of the campaign's outline.
pub(super) const LOCK_OUTLINE: Sql = lock_outlines!("id = $1", "id = $1");
/// The outlines of the campaigns in which a lead is enrolled.
pub(super) const LOCK_OF_LEAD: Sql = lock_outlines!(
    "id IN (SELECT enrollment.campaign_id FROM enrollment WHERE lead_id = $1)",
    "id IN (SELECT enrollment.campaign_id FROM enrollment WHERE lead_id = $1)"
);

pub(super) const INSERT: Sql = Sql {
    sqlite: concat!(
        "INSERT INTO campaign (",
        edited_columns!(),
        ", step_count, outline) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, ",
        derived!(),
        ") ON CONFLICT (name_fold) DO NOTHING RETURNING id"
    ),
    postgres: concat!(
        "INSERT INTO campaign (",
        edited_columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (name_fold) DO NOTHING RETURNING id"
    ),
};
pub(super) const INSERT_COUNTS: &str =
    concat!("INSERT INTO campaign_counts (", counts_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
pub(super) const UPDATE: Sql = Sql {
    sqlite: concat!(
        "UPDATE campaign SET (",
        edited_columns!(),
        ", step_count, outline) = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, ",
        derived!(),
        ") WHERE id = $1"
    ),
    postgres: concat!(
        "UPDATE campaign SET (",
        edited_columns!(),
        ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) WHERE id = $1"
    ),
};
pub(super) const UPDATE_COUNTS: &str = concat!(
    "UPDATE campaign_counts SET (",
    counts_columns!(),
    ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) WHERE campaign_id = $1"
);
pub(super) const DELETE: &str = "DELETE FROM campaign WHERE id = $1";
pub(super) const BY_NAME: &str = "SELECT id, name FROM campaign WHERE name_fold = $1";
/// All campaigns with their folded keys.
macro_rules! to_refold {
    ($lock:literal) => {
        concat!("SELECT ", campaign_columns!(), ", name_fold, search FROM ", campaign_tables!(), " ORDER BY id", $lock)
    };
}
pub(super) const TO_REFOLD: Sql = Sql { sqlite: to_refold!(""), postgres: to_refold!(" FOR UPDATE") };
/// Names that match a pattern, to find a free name for a copy.
pub(super) const NAMES: &str = r"SELECT name_fold FROM campaign WHERE name_fold LIKE $1 ESCAPE '\'";

// ── the list ──

/// `$1` is the pattern, `%%` for any text; `$2` the status or `''` for any.
macro_rules! matching {
    ($pattern:literal, $status:literal) => {
        concat!(
            "(CAST(",
            $pattern,
            " AS TEXT) = '%%' OR search LIKE ",
            $pattern,
            " ESCAPE '\\') AND (CAST(",
            $status,
            " AS TEXT) = '' OR status = ",
            $status,
            ")"
        )
    };
}
pub(super) const COUNT: &str = concat!("SELECT COUNT(*) FROM campaign WHERE ", matching!("$1", "$2"));

/// The newest campaigns that leads can be enrolled in, without those that the lead `$1` is in. `$2` is the limit.
pub(super) const OPEN: &str = "
SELECT   id, name
FROM     campaign
WHERE    status IN ('draft', 'active', 'paused')
AND      id NOT IN (SELECT campaign_id FROM enrollment WHERE lead_id = $1 AND NOT gone)
ORDER BY created_at DESC, id DESC
LIMIT    $2";

/// Pages of summaries, ascending, then descending. `$1` is the limit, `$2` the offset, `$3` the pattern, `$4` the status, then the cursor.
macro_rules! pages {
    ($key:literal) => {
        [pages!(one $key, ">", ""), pages!(one $key, "<", " DESC")]
    };
    (one $key:literal, $way:literal, $order:literal) => {
        Page {
            first: concat!(
                "SELECT ", summary_columns!(), " FROM ", campaign_tables!(), " WHERE ", matching!("$3", "$4"),
                " ORDER BY ", $key, $order, ", id", $order, " LIMIT $1 OFFSET $2"
            ),
            after: concat!(
                "SELECT ", summary_columns!(), " FROM ", campaign_tables!(), " WHERE ", matching!("$3", "$4"), " AND (", $key, ", id) ", $way, " ($5, $6)",
                " ORDER BY ", $key, $order, ", id", $order, " LIMIT $1 OFFSET $2"
            ),
        }
    };
}

/// The sort key of each column. No index for each: there are few campaigns.
pub fn pages(column: CampaignColumn) -> [Page; 2] {
    match column {
        // The cast keeps SQLite from walking the index of the names, which leads to the rows with their texts.
        CampaignColumn::Name => pages!("CAST(name_fold AS TEXT)"),
        // The order of `CampaignStatus`: finished campaigns last.
        CampaignColumn::Status => pages!(
            "CAST(CASE status WHEN 'draft' THEN 0 WHEN 'active' THEN 1 WHEN 'paused' THEN 2 WHEN 'completed' THEN 3 WHEN 'cancelled' THEN 4 END AS BIGINT)"
        ),
        CampaignColumn::TotalLeads => pages!("total_leads"),
        CampaignColumn::SuccessfulLeads => pages!("successful_leads"),
        CampaignColumn::ResponseRate => pages!("CASE WHEN contacted = 0 THEN 0 ELSE (replied * 20000 + contacted) / (contacted * 2) END"),
        CampaignColumn::CreatedAt => pages!("created_at"),
    }
}

// ── enrollments ──

/// Both texts of a statement: `$before`, the list of lead ids `$list`, `$after`.
macro_rules! of_ids {
    ($before:expr, $list:literal, $after:expr) => {
        Sql { sqlite: concat!($before, ids!(sqlite $list), $after), postgres: concat!($before, ids!(postgres $list), $after) }
    };
}

/// `Lead::may_be_contacted` as SQL.
macro_rules! may_be_contacted {
    () => {
        "(consent = 'subscribed' AND connection <> 'do_not_contact')"
    };
}

/// `$1` is the campaign, `$2` now, `$3` the leads.
macro_rules! enroll {
    ($campaign:literal, $ids:expr) => {
        concat!(
            "INSERT INTO enrollment (",
            enrollment_columns!(),
            ", gone) SELECT ",
            $campaign,
            ", id, 'pending', NULL, 0, CAST($2 AS BIGINT), 0, CAST($2 AS BIGINT), NULL, NULL, NULL, NULL, NULL, NULL, FALSE FROM lead WHERE id IN ",
            $ids,
            " AND ",
            may_be_contacted!(),
            // A row that is left as `gone` though its lead exists does not count: it begins anew.
            " ON CONFLICT (campaign_id, lead_id) DO UPDATE SET state = 'pending', step_id = NULL, old_step = 0, step_at = excluded.step_at, \
             messages = 0, enrolled_at = excluded.enrolled_at, requested_at = NULL, connected_at = NULL, replied_at = NULL, \
             succeeded_at = NULL, finished_at = NULL, stopped_at = NULL, gone = FALSE WHERE enrollment.gone RETURNING lead_id"
        )
    };
}
pub(super) const ENROLL: Sql = Sql { sqlite: enroll!("$1", ids!(sqlite "$3")), postgres: enroll!("CAST($1 AS UUID)", ids!(postgres "$3")) };

/// The leads that exist, and whether each may be contacted. Locked, so that neither changes meanwhile.
pub(super) const THERE: Sql = Sql {
    sqlite: concat!("SELECT id, ", may_be_contacted!(), " FROM lead WHERE id IN ", ids!(sqlite "$1")),
    postgres: concat!("SELECT id, ", may_be_contacted!(), " FROM lead WHERE id IN ", ids!(postgres "$1"), " ORDER BY id FOR SHARE"),
};

/// How many of the leads are not enrolled because they may not be contacted.
macro_rules! left_out {
    ($ids:expr) => {
        concat!(
            "SELECT COUNT(*) FROM lead WHERE id IN ",
            $ids,
            " AND NOT ",
            may_be_contacted!(),
            " AND NOT EXISTS (SELECT 1 FROM enrollment WHERE campaign_id = $1 AND lead_id = lead.id)"
        )
    };
}
pub(super) const LEFT_OUT: Sql = Sql { sqlite: left_out!(ids!(sqlite "$2")), postgres: left_out!(ids!(postgres "$2")) };

/// Stops the enrollments of leads that may no longer be contacted. While a campaign is not live, its enrollments do not follow their leads.
/// `$2` is now.
pub(super) const STOP: &str = concat!(
    "UPDATE enrollment SET stopped_at = $2, state = 'stopped' WHERE campaign_id = $1 AND NOT gone AND stopped_at IS NULL \
     AND EXISTS (SELECT 1 FROM lead WHERE lead.id = enrollment.lead_id AND NOT ",
    may_be_contacted!(),
    ")"
);
/// The condition of a lead that the campaign `$1` would enroll.
macro_rules! newcomer {
    () => {
        concat!(may_be_contacted!(), " AND NOT EXISTS (SELECT 1 FROM enrollment WHERE campaign_id = $1 AND lead_id = lead.id AND NOT gone)")
    };
}
/// How many leads of a rule the campaign `$1` would enroll.
pub(super) const NEWCOMERS: &str = concat!("SELECT COUNT(*) FROM lead WHERE ", newcomer!(), " AND {rule}");
/// How many of these leads the campaign `$1` would enroll.
pub(super) const NEWCOMERS_OF: Sql = of_ids!(concat!("SELECT COUNT(*) FROM lead WHERE ", newcomer!(), " AND id IN "), "$2", "");
/// The campaign `$1`, and how many leads of the set `$2`, which were unenrolled, it would enroll again.
pub(super) const COMING_BACK: &str = concat!(
    "SELECT id, (SELECT COUNT(*) FROM lead WHERE ",
    newcomer!(),
    " AND id IN (SELECT lead_id FROM lead_image WHERE set_id = $2)) FROM campaign WHERE id = $1"
);
/// The started campaigns that deleted leads of the set `$1` are in, and how many each has.
pub(super) const COMING_BACK_TO: &str = "
SELECT   campaign_id, COUNT(*)
FROM     enrollment
WHERE    gone AND lead_id IN (SELECT lead_id FROM lead_image WHERE set_id = $1)
AND      campaign_id IN (SELECT id FROM campaign WHERE started_at IS NOT NULL)
GROUP BY campaign_id
ORDER BY campaign_id";
/// Statements that take a rule's condition.
pub const TEMPLATES: &[&str] = &[NEWCOMERS];

pub(super) const ENROLLED_OF: Sql = Sql {
    sqlite: concat!("SELECT lead_id FROM enrollment WHERE campaign_id = $1 AND lead_id IN ", ids!(sqlite "$2")),
    postgres: concat!("SELECT lead_id FROM enrollment WHERE campaign_id = $1 AND lead_id IN ", ids!(postgres "$2")),
};

/// Whole campaigns, in no order.
pub(super) const OF_IDS: Sql = of_ids!(concat!("SELECT ", campaign_columns!(), " FROM ", campaign_tables!(), " WHERE id IN "), "$1", "");
pub(super) const NAMES_OF_IDS: Sql = of_ids!("SELECT id, name FROM campaign WHERE id IN ", "$1", " ORDER BY id");
pub(super) const UNENROLL: Sql = of_ids!(
    "DELETE FROM enrollment WHERE campaign_id = $1 AND NOT gone AND lead_id IN ",
    "$2",
    concat!(" RETURNING ", enrollment_columns!(), ", gone")
);
pub(super) const UNENROLL_NEW: Sql = of_ids!(
    "DELETE FROM enrollment WHERE campaign_id = $1 AND lead_id IN ",
    "$2",
    concat!(
        " AND state = 'pending' AND step_id IS NULL AND old_step = 0 AND enrolled_at >= $3 AND enrolled_at <= $4 RETURNING ",
        enrollment_columns!(),
        ", gone"
    )
);
pub(super) const OF_LEADS: Sql =
    of_ids!(concat!("SELECT ", enrollment_columns!(), ", gone FROM enrollment WHERE NOT gone AND lead_id IN "), "$1", "");
/// Enrollments of deleted leads and of deleted campaigns do not count.
pub(super) const FACTS: Sql = of_ids!(
    "SELECT lead_id, campaign_id, replied_at FROM enrollment WHERE NOT gone AND campaign_id IN (SELECT id FROM campaign) AND lead_id IN ",
    "$1",
    ""
);
pub(super) const SET_GONE: Sql = of_ids!(
    "UPDATE enrollment SET gone = $2 WHERE lead_id IN ",
    "$1",
    concat!(" AND gone <> $2 RETURNING ", enrollment_columns!(), ", gone")
);
/// The outlines of the campaigns in which any of the leads is enrolled.
pub(super) const LOCK_OF_LEADS: Sql = lock_outlines!(
    concat!("id IN (SELECT enrollment.campaign_id FROM enrollment WHERE lead_id IN ", ids!(sqlite "$1"), ")"),
    concat!("id IN (SELECT enrollment.campaign_id FROM enrollment WHERE lead_id IN ", ids!(postgres "$1"), ")")
);

pub(super) const CONNECTION: &str = "SELECT connection FROM lead WHERE id = $1";
/// Enrollments of deleted campaigns do not count.
macro_rules! counted_of_lead {
    () => {
        " FROM enrollment WHERE lead_id = $1 AND NOT gone AND campaign_id IN (SELECT id FROM campaign)"
    };
}
/// `$1` is the lead, `$2` the exclusive lower bound of `campaign_id`, `$3` the limit, `$4` the offset.
pub(super) const PAGE_OF_LEAD: &str = concat!(
    "SELECT ",
    enrollment_columns!(),
    ", gone",
    counted_of_lead!(),
    " AND campaign_id > $2 ORDER BY campaign_id LIMIT $3 OFFSET $4"
);
pub(super) const COUNT_OF_LEAD: &str = concat!("SELECT COUNT(*)", counted_of_lead!());
/// All enrollments of a lead, with those marked `gone`.
pub(super) const OF_LEAD: &str = concat!("SELECT ", enrollment_columns!(), ", gone FROM enrollment WHERE lead_id = $1");

/// `$1` is the campaign, `$2` the state or `''` for any, `$3` the exclusive upper bound of `lead_id`, `$4` the limit, `$5` the offset.
pub(super) const ENROLLED: &str = concat!(
    "SELECT ",
    lead_columns!(),
    ", ",
    enrollment_columns!(),
    ", gone FROM enrollment JOIN lead ON lead.id = enrollment.lead_id \
     WHERE campaign_id = $1 AND NOT gone AND (CAST($2 AS TEXT) = '' OR state = $2) AND lead_id < $3 \
     ORDER BY lead_id DESC LIMIT $4 OFFSET $5"
);
pub(super) const ENROLLED_COUNT: &str =
    "SELECT COUNT(*) FROM enrollment WHERE campaign_id = $1 AND NOT gone AND (CAST($2 AS TEXT) = '' OR state = $2)";

/// A campaign's counters as sums over its enrollments, one row per step.
pub(super) const RECOUNT: &str = "
SELECT   step_id, COUNT(*), COUNT(requested_at), COUNT(connected_at), CAST(SUM(messages) AS BIGINT),
         COUNT(*) FILTER (WHERE step_id IS NOT NULL OR messages > 0 OR requested_at IS NOT NULL OR replied_at IS NOT NULL),
         COUNT(replied_at), COUNT(succeeded_at), COUNT(finished_at)
FROM     enrollment
WHERE    campaign_id = $1 AND NOT gone
GROUP BY step_id";

/// Locks the leads of a campaign's enrollments.
pub(super) const LOCK_LEADS: Sql = Sql {
    sqlite: "SELECT 0",
    postgres: "
SELECT COUNT(*)
FROM   (SELECT id FROM lead WHERE id IN (SELECT lead_id FROM enrollment WHERE campaign_id = $1) ORDER BY id FOR SHARE) AS locked",
};

/// Ids of all campaigns.
pub(super) const IDS: &str = "SELECT id FROM campaign ORDER BY id";

/// Number of a campaign's enrollments whose `gone` says the opposite of whether the lead exists.
pub(super) const ASTRAY: &str = "
SELECT COUNT(*)
FROM   enrollment
WHERE  campaign_id = $1 AND gone = EXISTS (SELECT 1 FROM lead WHERE lead.id = enrollment.lead_id)";

/// Sets `gone` anew when a deleted campaign is restored.
pub(super) const SETTLE: &str = "
UPDATE enrollment
SET    gone = NOT EXISTS (SELECT 1 FROM lead WHERE lead.id = enrollment.lead_id)
WHERE  campaign_id = $1";

/// The campaign's newest change. Its deletion is near the end of the log.
pub(super) const NEWEST_CHANGE: &str = "
SELECT   id
FROM     change
WHERE    entity = 'campaign' AND entity_id = $1
ORDER BY id DESC
LIMIT    1";

/// Upgrades enrollments of a campaign that was deleted before steps had ids: the position of the last completed step becomes its id.
pub(super) const SETTLE_STEP: &str = "UPDATE enrollment SET step_id = $3, old_step = 0 WHERE campaign_id = $1 AND old_step = $2";

// ── edits of the steps ──

/// Saves the steps of the enrollments that `MOVE_STEP` is about to move. `$1` is the change, `$2` the campaign, `$3` the step; `$4`: only
/// enrollments that came to the step at or after this time.
macro_rules! keep_steps {
    ($change:literal) => {
        concat!(
            "INSERT INTO step_image (change_id, lead_id, step_id) SELECT ",
            $change,
            ", lead_id, step_id FROM enrollment WHERE campaign_id = $2 AND step_id = $3 AND step_at >= $4"
        )
    };
}
pub(super) const KEEP_STEPS: Sql = Sql { sqlite: keep_steps!("$1"), postgres: keep_steps!("CAST($1 AS UUID)") };
/// `$1` is the campaign, `$2` the old step, `$3` the new step; `$4`: only enrollments that came to the step at or after this time.
pub(super) const MOVE_STEP: &str = "UPDATE enrollment SET step_id = $3 WHERE campaign_id = $1 AND step_id = $2 AND step_at >= $4";
/// Finishes the enrollments that have no step left. `$1` is the campaign, `$2` its last step, `$3` is now.
pub(super) const COMPLETE: &str = "
UPDATE enrollment
SET    finished_at = $3, state = 'finished'
WHERE  campaign_id = $1 AND step_id = $2 AND finished_at IS NULL AND stopped_at IS NULL";
/// Undoes `MOVE_STEP` for enrollments that have not advanced since. `$1` is the campaign, `$2` the change, `$3` the step, `$4` the change's
/// time.
pub(super) const STEP_BACK: &str = "
UPDATE enrollment
SET    step_id = $3
WHERE  campaign_id = $1 AND step_at < $4 AND lead_id IN (SELECT lead_id FROM step_image WHERE change_id = $2 AND step_id = $3)";
/// Undoes `COMPLETE`; derives the state as `Enrollment` does. `$1` is the campaign, `$2` the change's time.
pub(super) const COMPLETE_BACK: &str = "
UPDATE enrollment
SET    finished_at = NULL,
       state = CASE WHEN stopped_at IS NOT NULL THEN 'stopped' WHEN replied_at IS NOT NULL THEN 'replied' WHEN connected_at IS NOT NULL THEN 'connected'
                    WHEN requested_at IS NOT NULL THEN 'requested' ELSE 'pending' END
WHERE  campaign_id = $1 AND finished_at = $2 AND step_at < $2";
/// Saves the steps of the enrollments that `STEP_BACK` is about to move, so that the undo can be undone. `$5` is the undo's change.
macro_rules! keep_back {
    ($change:literal) => {
        concat!(
            "INSERT INTO step_image (change_id, lead_id, step_id) SELECT ",
            $change,
            ", lead_id, step_id FROM enrollment WHERE campaign_id = $1 AND step_at < $4 AND step_id IS NOT NULL              AND lead_id IN (SELECT lead_id FROM step_image WHERE change_id = $2 AND step_id = $3) ON CONFLICT (change_id, lead_id) DO NOTHING"
        )
    };
}
pub(super) const KEEP_BACK: Sql = Sql { sqlite: keep_back!("$5"), postgres: keep_back!("CAST($5 AS UUID)") };
