//! Moves enrollments when their campaign's steps are edited, or when that edit is undone, in the same transaction.

use super::{enroll, sql, write};
use crate::store::{self, Sql, Tx};
use domain::{
    ChangeId, Result, Timestamp,
    campaigns::{Campaign, Step, step_moves},
};

/// The edit that is being undone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Undone {
    pub(super) id: ChangeId,
    pub(super) at: Timestamp,
}

/// Moves the enrollments of `after` and updates its counters. Returns the campaign with the new counters.
///
/// The row of `after` is already written, by the change `id`. An undo puts back the enrollments that have not advanced since the edit, and
/// moves the others.
pub(super) async fn follow(tx: &mut Tx, id: ChangeId, before: &[Step], after: Campaign, undone: Option<Undone>) -> Result<Campaign> {
    let ids = |steps: &[Step]| steps.iter().map(|step| step.id).collect::<Vec<_>>();
    if ids(before) == ids(&after.steps) {
        return Ok(after);
    }
    let campaign = after.id;
    for moved in step_moves(before, &after.steps) {
        // The undo restores earlier positions with `STEP_BACK`. Enrollments at a step that no longer exists always move.
        let is_left = after.steps.iter().any(|step| step.id == moved.from);
        let since = undone.filter(|_| is_left).map_or(Timestamp(i64::MIN), |undone| undone.at);
        tx.run(store::sql(sql::KEEP_STEPS).bind(id).bind(campaign).bind(moved.from).bind(since)).await?;
        tx.run(store::sql(sql::MOVE_STEP).bind(campaign).bind(moved.from).bind(moved.to).bind(since)).await?;
    }
    if let Some(undone) = undone {
        for step in &after.steps {
            let back = |statement: Sql| store::sql(statement).bind(campaign).bind(undone.id).bind(step.id).bind(undone.at);
            tx.run(back(sql::KEEP_BACK).bind(id)).await?;
            tx.run(back(Sql::same(sql::STEP_BACK))).await?;
        }
        tx.run(store::sql(sql::COMPLETE_BACK).bind(campaign).bind(undone.at)).await?;
    }
    // A disabled step can be enabled again, so an enrollment is finished only when no step at all is left.
    if let Some(last) = after.steps.last() {
        tx.run(store::sql(sql::COMPLETE).bind(campaign).bind(last.id).bind(tx.now())).await?;
    }
    let counts = enroll::recount(tx.conn(), campaign, &after.steps).await?;
    write::count(tx, &after, counts.clone()).await?;
    Ok(if counts == after.counts { after } else { after.counted(counts) })
}
