//! Every statement about leads.

use super::tally;
use crate::store::{self, Bulk, Query, Sql, log::Prune};
use domain::leads::SortColumn;
use std::sync::LazyLock;

/// `, company, title…`
macro_rules! text_columns {
    ($($field:ident $row:tt $(filter $filter:tt)? $(was $was:tt)?;)+) => {
        concat!($(", ", stringify!($field)),+)
    };
}
pub(crate) use text_columns;

/// The columns of a `Lead`, in the order of `bind_lead`.
macro_rules! lead_columns {
    () => {
        concat!(
            "id, revision, edited, name, email, status, connection, stage, stage_at, engaged, owner, value, score, total_spend, visits, \
             last_active_at, consent, tags, custom, last_activity, last_activity_at, last_contacted_at, \
             import_id, created_at, updated_at",
            domain::each_lead_text!(crate::leads::text_columns)
        )
    };
}
pub(crate) use lead_columns;

/// Folded columns for comparison, which are computed in Rust; after the columns of the lead in `bind_lead`.
macro_rules! fold_columns {
    () => {
        concat!("name_fold, tags_fold, custom_fold, search", domain::each_lead_text!(text_fold_columns))
    };
}

/// `, company_fold, title_fold…`
macro_rules! text_fold_columns {
    ($($field:ident $row:tt $(filter $filter:tt)? $(was $was:tt)?;)+) => {
        concat!($(text_fold_columns!(@one $field $($filter)?)),+)
    };
    (@one $field:ident) => {
        ""
    };
    (@one $field:ident $filter:tt) => {
        concat!(", ", stringify!($field), "_fold")
    };
}

pub const LEAD_COLUMNS: &str = lead_columns!();

/// The statements that write rows.
pub struct Writes {
    /// Inserts one lead; returns no row when the e-mail is taken, on Postgres also when the other write commits only a moment later.
    pub(super) insert_one: Bulk,
    pub(super) update: Query,
    /// Inserts leads with a new e-mail.
    pub(super) insert: Bulk,
    /// Inserts leads with a new id and a new e-mail, and returns their ids.
    pub(super) insert_telling: Bulk,
    pub(super) replace: Bulk,
    pub(super) moves: Bulk,
    pub(super) undo_images: Bulk,
}

pub static WRITES: LazyLock<Writes> = LazyLock::new(|| {
    let lead = concat!(lead_columns!(), ", ", fold_columns!());
    Writes {
        insert_one: Bulk::new("lead", lead, "ON CONFLICT (email) DO NOTHING RETURNING id"),
        update: store::update("lead", lead),
        insert: Bulk::new("lead", lead, "ON CONFLICT (email) DO NOTHING"),
        insert_telling: Bulk::new("lead", lead, "ON CONFLICT DO NOTHING RETURNING id"),
        replace: Bulk::replacing("lead", lead, "id"),
        moves: Bulk::new("stage_move", "id, lead_id, from_stage, to_stage, at, who", ""),
        // `before` of the first image stays when a set changes the same lead again.
        undo_images: Bulk::new(
            "lead_image",
            "set_id, lead_id, before, after",
            "ON CONFLICT (set_id, lead_id) DO UPDATE SET after = excluded.after",
        ),
    }
});

impl Writes {
    /// For the test that prepares every statement.
    pub fn samples(&self) -> Vec<Query> {
        let many = [&self.insert_one, &self.insert, &self.insert_telling, &self.replace, &self.moves, &self.undo_images];
        many.map(Bulk::samples).into_iter().chain([vec![self.update.clone()]]).flatten().collect()
    }
}

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[
    LOCK,
    LOCK_MANY,
    LOCK_CUSTOMERS,
    SET_STAGE,
    SET_STATUS,
    SET_CONTACTED,
    SET_OWNER,
    SET_TAGS,
    DELETE_MANY,
    LOCK_TOTALS,
    WRITE_TOTALS,
    CUSTOMERS,
    EMAILS_OF_NUMBERS,
    Sql::same(IMAGES),
    Sql::same(IMAGES_DONE),
    Sql::same(GET),
    Sql::same(DELETE),
    Sql::same(BY_EMAIL),
    IDS_BY_EMAIL,
    TO_REFOLD,
    Sql::same(OWNER),
    Sql::same(NEW_OWNER),
    Sql::same(NEWEST_CHANGE),
    Sql::same(MOVES),
    MOVES_OF_MANY,
    COMPANIES,
    Sql::same(INSERT_NOTE),
    Sql::same(NOTE),
    Sql::same(NOTES),
    Sql::same(MESSAGES),
    Sql::same(UPDATE_NOTE),
    Sql::same(DELETE_NOTE),
    Sql::same(UPDATES),
    Sql::same(TOGETHER),
    Sql::same(ORDERS),
    Sql::same(IMPORT),
    Sql::same(CAME),
    tally::MOVE,
];

/// Moves and notes of deleted leads are kept for undo, as long as there is a change or an undo image of the lead.
pub const PRUNE: &[Prune] = &[
    Prune::Unnamed(
        "
DELETE FROM stage_move
WHERE  NOT EXISTS (SELECT 1 FROM lead WHERE lead.id = stage_move.lead_id)
AND    NOT EXISTS (SELECT 1 FROM change WHERE change.lead_id = stage_move.lead_id)
AND    lead_id NOT IN (SELECT lead_id FROM lead_image)",
    ),
    Prune::Unnamed(
        "
DELETE FROM note
WHERE  NOT EXISTS (SELECT 1 FROM lead WHERE lead.id = note.lead_id)
AND    NOT EXISTS (SELECT 1 FROM change WHERE change.lead_id = note.lead_id)
AND    lead_id NOT IN (SELECT lead_id FROM lead_image)",
    ),
];

/// Statements with a rule's condition, except for the pages.
pub const TEMPLATES: &[&str] = &[COUNT, SUMS];

pub(super) const GET: &str = concat!("SELECT ", lead_columns!(), " FROM lead WHERE id = $1");

/// SQLite has only one writer and needs no row lock.
pub(super) const LOCK: Sql = Sql { sqlite: GET, postgres: concat!("SELECT ", lead_columns!(), " FROM lead WHERE id = $1 FOR UPDATE") };

// ── many at once ──

/// A subquery of the ids in a JSON list of texts.
macro_rules! ids {
    (sqlite $list:literal) => {
        concat!("(SELECT unhex(replace(value, '-', '')) FROM json_each(", $list, "))")
    };
    (postgres $list:literal) => {
        concat!("(SELECT CAST(one AS UUID) FROM jsonb_array_elements_text(", $list, ") AS one)")
    };
}
pub(crate) use ids;

pub(super) const LOCK_MANY: Sql = Sql {
    sqlite: concat!("SELECT ", lead_columns!(), " FROM lead WHERE id IN ", ids!(sqlite "$1"), " ORDER BY id"),
    postgres: concat!("SELECT ", lead_columns!(), " FROM lead WHERE id IN ", ids!(postgres "$1"), " ORDER BY id FOR UPDATE"),
};
/// The leads with the e-mails in `$1` or the ids in `$2`.
macro_rules! lock_customers {
    ($emails:literal, $ids:expr, $lock:literal) => {
        concat!(
            "SELECT ",
            lead_columns!(),
            " FROM lead WHERE id IN (SELECT id FROM lead WHERE email IN ",
            $emails,
            " UNION ",
            $ids,
            ") ORDER BY id",
            $lock
        )
    };
}
pub(super) const LOCK_CUSTOMERS: Sql = Sql {
    sqlite: lock_customers!("(SELECT value FROM json_each($1))", "SELECT unhex(replace(value, '-', '')) FROM json_each($2)", ""),
    postgres: lock_customers!(
        "(SELECT jsonb_array_elements_text($1))",
        "SELECT CAST(one AS UUID) FROM jsonb_array_elements_text($2) AS one",
        " FOR UPDATE"
    ),
};
pub(super) const DELETE_MANY: Sql = Sql {
    sqlite: concat!("DELETE FROM lead WHERE id IN ", ids!(sqlite "$1")),
    postgres: concat!("DELETE FROM lead WHERE id IN ", ids!(postgres "$1")),
};

/// Only the columns of `Totals`.
macro_rules! lock_totals {
    ($ids:expr, $lock:literal) => {
        concat!("SELECT id, revision, total_spend, visits, last_active_at FROM lead WHERE id IN ", $ids, " ORDER BY id", $lock)
    };
}
pub(super) const LOCK_TOTALS: Sql =
    Sql { sqlite: lock_totals!(ids!(sqlite "$1"), ""), postgres: lock_totals!(ids!(postgres "$1"), " FOR UPDATE") };
/// `$1` is a JSON list of lists: id, revision, spend, visits and last activity.
pub(super) const WRITE_TOTALS: Sql = Sql {
    sqlite: "
UPDATE OR FAIL lead
SET    revision = one.value ->> 1, total_spend = one.value ->> 2, visits = one.value ->> 3, last_active_at = one.value ->> 4
FROM   json_each($1) AS one
WHERE  lead.id = unhex(replace(one.value ->> 0, '-', ''))",
    postgres: "
UPDATE lead
SET    revision = CAST(one ->> 1 AS BIGINT), total_spend = CAST(one ->> 2 AS BIGINT), visits = CAST(one ->> 3 AS BIGINT),
       last_active_at = CAST(one ->> 4 AS BIGINT)
FROM   jsonb_array_elements($1) AS one
WHERE  lead.id = CAST(one ->> 0 AS UUID)",
};
/// `$1` is a JSON list of lists: a customer, and the same as an id if it is one. The oldest lead with a customer number is first.
pub(super) const CUSTOMERS: Sql = Sql {
    sqlite: "
SELECT one.value ->> 0,
       COALESCE((SELECT id FROM lead WHERE id = unhex(replace(one.value ->> 1, '-', ''))),
                (SELECT id FROM lead WHERE customer_id = one.value ->> 0 ORDER BY id LIMIT 1))
FROM   json_each($1) AS one",
    postgres: "
SELECT one ->> 0,
       COALESCE((SELECT id FROM lead WHERE id = CAST(one ->> 1 AS UUID)),
                (SELECT id FROM lead WHERE customer_id = one ->> 0 ORDER BY id LIMIT 1))
FROM   jsonb_array_elements($1) AS one",
};

/// `$1` is a JSON list of customer numbers.
pub(super) const EMAILS_OF_NUMBERS: Sql = Sql {
    sqlite: "SELECT customer_id, email FROM lead WHERE customer_id IN (SELECT value FROM json_each($1)) ORDER BY id",
    postgres: "SELECT customer_id, email FROM lead WHERE customer_id IN (SELECT jsonb_array_elements_text($1)) ORDER BY id",
};

/// `$1` are the ids, `$2` is now, then the values.
macro_rules! set_many {
    ($set:literal) => {
        // A failure rolls back the whole transaction anyway.
        Sql { sqlite: set_many!("UPDATE OR FAIL", $set, ids!(sqlite "$1")), postgres: set_many!("UPDATE", $set, ids!(postgres "$1")) }
    };
    ($update:literal, $set:literal, $ids:expr) => {
        concat!(
            $update,
            " lead SET revision = revision + 1, edited = revision + 1, updated_at = $2, ",
            $set,
            " WHERE id IN ",
            $ids
        )
    };
}
pub(super) const SET_STAGE: Sql = set_many!("last_activity_at = $2, last_activity = $3, stage = $4, stage_at = $2");
pub(super) const SET_STATUS: Sql = set_many!("last_activity_at = $2, last_activity = $3, status = $4");
pub(super) const SET_CONTACTED: Sql = set_many!("last_activity_at = $2, last_activity = $3, status = $4, last_contacted_at = $2");
pub(super) const SET_OWNER: Sql = set_many!("owner = $3");
pub(super) const SET_TAGS: Sql = set_many!("tags = $3, tags_fold = $4");

pub(super) const IMAGES: &str =
    "SELECT lead_id, before, after FROM lead_image WHERE set_id = $1 AND lead_id > $3 ORDER BY lead_id LIMIT $2";
pub(super) const IMAGES_DONE: &str = "DELETE FROM lead_image WHERE set_id = $1 AND lead_id <= $2 AND lead_id > $3";

/// Which of the leads of an import were just inserted: no older leads have ids in this range.
pub(super) const CAME: &str = "SELECT id FROM lead WHERE import_id = $1 AND id >= $2 AND id <= $3";

pub(super) const DELETE: &str = "DELETE FROM lead WHERE id = $1";
pub(super) const BY_EMAIL: &str = "SELECT id, name, email FROM lead WHERE email = $1";
/// `$1` is a JSON list.
pub(super) const IDS_BY_EMAIL: Sql = Sql {
    sqlite: "SELECT email, id FROM lead WHERE email IN (SELECT value FROM json_each($1))",
    postgres: "SELECT email, id FROM lead WHERE email IN (SELECT jsonb_array_elements_text($1))",
};
/// Leads after an id, with their folded columns.
macro_rules! to_refold {
    ($lock:literal) => {
        concat!("SELECT ", lead_columns!(), ", ", fold_columns!(), " FROM lead WHERE id > $1 ORDER BY id LIMIT $2", $lock)
    };
}
pub(super) const TO_REFOLD: Sql = Sql { sqlite: to_refold!(""), postgres: to_refold!(" FOR UPDATE") };
pub(super) const OWNER: &str = "SELECT name FROM account WHERE id = $1";
/// A user who can become the owner of leads.
pub(super) const NEW_OWNER: &str = "SELECT name FROM account WHERE id = $1 AND deactivated_at IS NULL";

/// The newest change of the lead itself, not of its notes.
pub(super) const NEWEST_CHANGE: &str = "
SELECT   id
FROM     change
WHERE    lead_id = $1 AND entity = 'lead'
ORDER BY id DESC
LIMIT    1";

/// The newest `$2` moves and the first one, in order.
pub(super) const MOVES: &str = "
SELECT lead_id, from_stage, to_stage, at, who
FROM   (SELECT * FROM (SELECT * FROM stage_move WHERE lead_id = $1 ORDER BY id DESC LIMIT $2) AS newest
        UNION
        SELECT * FROM (SELECT * FROM stage_move WHERE lead_id = $1 ORDER BY id LIMIT 1) AS first) AS moves
ORDER BY id";

/// `MOVES` of each of the leads in a JSON list of ids.
macro_rules! moves_of_many {
    ($ids:expr) => {
        concat!(
            "
SELECT   lead_id, from_stage, to_stage, at, who
FROM     (SELECT stage_move.*,
                 ROW_NUMBER() OVER (PARTITION BY lead_id ORDER BY id)      AS oldest,
                 ROW_NUMBER() OVER (PARTITION BY lead_id ORDER BY id DESC) AS newest
          FROM   stage_move
          WHERE  lead_id IN ",
            $ids,
            ") AS moves
WHERE    oldest = 1 OR newest <= $2
ORDER BY lead_id, id"
        )
    };
}
pub(super) const MOVES_OF_MANY: Sql = Sql { sqlite: moves_of_many!(ids!(sqlite "$1")), postgres: moves_of_many!(ids!(postgres "$1")) };

/// Of each of the leads in a JSON list of ids.
pub(super) const COMPANIES: Sql = Sql {
    sqlite: concat!("SELECT id, company FROM lead WHERE company IS NOT NULL AND id IN ", ids!(sqlite "$1")),
    postgres: concat!("SELECT id, company FROM lead WHERE company IS NOT NULL AND id IN ", ids!(postgres "$1")),
};

pub(super) const INSERT_NOTE: &str = "
INSERT INTO note (id, lead_id, body, author, written_by, created_at, edited_at, kind, outreach)
VALUES           ($1, $2,      $3,   $4,     $5,         $6,         $7,        $8,   $9)";
pub(super) const UPDATE_NOTE: &str = "UPDATE note SET body = $2, edited_at = $3 WHERE id = $1";
pub(super) const NOTE: &str = "SELECT id, lead_id, body, author, written_by, created_at, edited_at, outreach FROM note WHERE id = $1";
/// The newest `$2` notes. After `$3` bytes of text, their bodies are empty.
pub(super) const NOTES: &str = "
SELECT   id, lead_id, CASE WHEN before_it < $3 THEN body ELSE '' END AS body, author, written_by, created_at, edited_at, outreach
FROM     (SELECT newest.*, SUM(OCTET_LENGTH(body)) OVER (ORDER BY id DESC) - OCTET_LENGTH(body) AS before_it
          FROM   (SELECT * FROM note WHERE lead_id = $1 ORDER BY id DESC LIMIT $2) AS newest) AS sized
ORDER BY id DESC";
/// The newest `$1` messages.
pub(super) const MESSAGES: &str = "
SELECT   note.id, note.lead_id, note.body, note.author, note.written_by, note.created_at, note.edited_at, note.outreach,
         lead.name AS lead_name, lead.company
FROM     note
JOIN     lead ON lead.id = note.lead_id
WHERE    note.kind = 'message'
ORDER BY note.id DESC
LIMIT    $1";
pub(super) const DELETE_NOTE: &str = "DELETE FROM note WHERE id = $1";

/// Bulk actions that changed a lead, newest first.
pub(super) const TOGETHER: &str = "
SELECT id, action, status, changed, left_out, name, who, created_at
FROM   bulk
WHERE  id IN (SELECT set_id FROM lead_image WHERE lead_id = $1) ORDER BY id DESC LIMIT $2";

/// The newest `$2` orders of a lead.
pub(super) const ORDERS: &str =
    "SELECT id, order_id, amount, ordered_at FROM orders WHERE lead_id = $1 ORDER BY ordered_at DESC, id DESC LIMIT $2";

/// Imports that updated the lead.
pub(super) const UPDATES: &str = "
SELECT   id, file, created_by, created_at
FROM     import
WHERE    id IN (SELECT set_id FROM lead_image WHERE lead_id = $1)
ORDER BY id DESC
LIMIT    $2";
pub(super) const IMPORT: &str = "SELECT file, created_by FROM import WHERE id = $1";

/// The leads among the ids in a JSON list that match, by id; `$2` is the limit. Takes `{rule}`, as the pages do.
pub const AMONG: Sql = Sql {
    sqlite: concat!("SELECT ", lead_columns!(), " FROM lead WHERE id IN ", ids!(sqlite "$1"), " AND {rule} ORDER BY id LIMIT $2"),
    postgres: concat!("SELECT ", lead_columns!(), " FROM lead WHERE id IN ", ids!(postgres "$1"), " AND {rule} ORDER BY id LIMIT $2"),
};

/// Takes `{rule}`, as the pages do.
pub const COUNT: &str = "SELECT COUNT(*) FROM lead WHERE {rule}";

/// Number and total value of leads per stage. The value is split into millions and remainder, so that neither sum can overflow.
/// Without a condition, the index on stages contains everything needed.
pub const SUMS: &str = "
SELECT   stage, COUNT(*), CAST(COALESCE(SUM(value / 1000000), 0) AS BIGINT), CAST(COALESCE(SUM(value % 1000000), 0) AS BIGINT)
FROM     lead
WHERE    {rule}
GROUP BY stage";

/// A sort order of a list: its first page, and the page after a cursor. `$1` is the limit, `$2` the offset, then the cursor.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub first: &'static str,
    pub after: &'static str,
}

/// The expression of the index.
macro_rules! contacted {
    () => {
        "COALESCE(last_contacted_at, -400000000000000000)"
    };
}

/// Ascending, then descending. `$row` are the columns of the index.
macro_rules! pages {
    ($row:literal, $cursor:literal, $ascending:literal, $descending:literal) => {
        [
            pages!(one concat!($row, " > ", $cursor), $ascending),
            pages!(one concat!($row, " < ", $cursor), $descending),
        ]
    };
    (one $after:expr, $order:expr) => {
        Page {
            first: concat!("SELECT ", lead_columns!(), " FROM lead WHERE {rule} ORDER BY ", $order, " LIMIT $1 OFFSET $2"),
            after: concat!("SELECT ", lead_columns!(), " FROM lead WHERE ", $after, " AND {rule} ORDER BY ", $order, " LIMIT $1 OFFSET $2"),
        }
    };
}

/// Ids are in the order of creation.
pub(super) const BY_CREATION: [Page; 2] = pages!("id", "$3", "id", "id DESC");
pub(super) const BY_NAME: [Page; 2] = pages!("(name_fold, id)", "($3, $4)", "name_fold, id", "name_fold DESC, id DESC");
pub(super) const BY_COMPANY: [Page; 2] = pages!("(company_fold, id)", "($3, $4)", "company_fold, id", "company_fold DESC, id DESC");
/// `status_rank` is the position of the status in the funnel.
pub(super) const BY_STATUS: [Page; 2] = pages!("(status_rank, id)", "($3, $4)", "status_rank, id", "status_rank DESC, id DESC");
/// `owner_key` is the owner, or the nil id, so that rows without an owner are ordered too.
pub(super) const BY_OWNER: [Page; 2] = pages!("(owner_key, id)", "($3, $4)", "owner_key, id", "owner_key DESC, id DESC");
pub(super) const BY_STAGE: [Page; 2] = pages!("(stage, id)", "($3, $4)", "stage, id", "stage DESC, id DESC");
pub(super) const BY_SCORE: [Page; 2] = pages!("(score, id)", "($3, $4)", "score, id", "score DESC, id DESC");
/// Leads without a value come before those worth 0. SQLite uses an index on an expression only when it is compared on its own.
pub(super) const BY_VALUE: [Page; 2] = [
    pages!(one "COALESCE(value, -1) >= $3 AND (COALESCE(value, -1), id) > ($3, $4)", "COALESCE(value, -1), id"),
    pages!(one "COALESCE(value, -1) <= $3 AND (COALESCE(value, -1), id) < ($3, $4)", "COALESCE(value, -1) DESC, id DESC"),
];
pub(super) const BY_SPEND: [Page; 2] = pages!("(total_spend, id)", "($3, $4)", "total_spend, id", "total_spend DESC, id DESC");
pub(super) const BY_ACTIVITY: [Page; 2] =
    pages!("(last_activity_at, id)", "($3, $4)", "last_activity_at, id", "last_activity_at DESC, id DESC");

/// As a value: `domain` has the same number for leads that were never contacted.
pub(super) const BY_CONTACT: [Page; 2] = [
    pages!(one concat!(contacted!(), " >= $3 AND (", contacted!(), ", id) > ($3, $4)"), concat!(contacted!(), ", id")),
    pages!(one concat!(contacted!(), " <= $3 AND (", contacted!(), ", id) < ($3, $4)"), concat!(contacted!(), " DESC, id DESC")),
];

/// The statements of each sort order; there is one index for each.
pub fn pages(column: SortColumn) -> [Page; 2] {
    match column {
        SortColumn::Name => BY_NAME,
        SortColumn::Company => BY_COMPANY,
        SortColumn::Status => BY_STATUS,
        SortColumn::Stage => BY_STAGE,
        SortColumn::Score => BY_SCORE,
        SortColumn::Owner => BY_OWNER,
        SortColumn::Value => BY_VALUE,
        SortColumn::TotalSpend => BY_SPEND,
        SortColumn::LastActivity => BY_ACTIVITY,
        SortColumn::LastContacted => BY_CONTACT,
        SortColumn::CreatedAt => BY_CREATION,
    }
}
