//! Statements that read names for activities. `store::log` reads the log itself.

use crate::store::Sql;

/// For the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[Sql::same(USERS), LEADS, CAMPAIGNS, UNCHANGED_NOTES];

pub(super) const USERS: &str = "SELECT id, name FROM account";

/// Names of a JSON list of ids.
pub(super) const LEADS: Sql = Sql {
    sqlite: "SELECT id, name FROM lead WHERE id IN (SELECT unhex(replace(value, '-', '')) FROM json_each($1))",
    postgres: "SELECT id, name FROM lead WHERE id IN (SELECT CAST(one AS UUID) FROM jsonb_array_elements_text($1) AS one)",
};
pub(super) const CAMPAIGNS: Sql = Sql {
    sqlite: "SELECT id, name FROM campaign WHERE id IN (SELECT unhex(replace(value, '-', '')) FROM json_each($1))",
    postgres: "SELECT id, name FROM campaign WHERE id IN (SELECT CAST(one AS UUID) FROM jsonb_array_elements_text($1) AS one)",
};
/// Those of a JSON list of notes that are still as they were written, of leads that exist.
pub(super) const UNCHANGED_NOTES: Sql = Sql {
    sqlite: "
SELECT note.id FROM note JOIN lead ON lead.id = note.lead_id
WHERE  note.edited_at IS NULL AND note.id IN (SELECT unhex(replace(value, '-', '')) FROM json_each($1))",
    postgres: "
SELECT note.id FROM note JOIN lead ON lead.id = note.lead_id
WHERE  note.edited_at IS NULL AND note.id IN (SELECT CAST(one AS UUID) FROM jsonb_array_elements_text($1) AS one)",
};
