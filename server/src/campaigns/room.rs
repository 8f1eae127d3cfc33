//! Whether a job may bring its leads into started campaigns, checked before it begins: see `Campaign::require_room`. Each write checks it
//! again, in `write::count`.

use super::{sql, write};
use crate::store::{self, Conn, Query, Tx, Value};
use domain::{CampaignId, Moment, Permission, Result, bulk::BulkAction, leads::Selection};
use uuid::Uuid;

/// How many of the selected leads the campaign does not have yet, and may enroll.
///
/// # Errors
/// Errors of the database.
pub async fn newcomers(conn: &mut Conn, id: CampaignId, which: &Selection, at: &Moment) -> Result<i64> {
    let query = match which {
        Selection::Leads(ids) => store::sql(sql::NEWCOMERS_OF).bind(id).bind_all([Value::json(ids)?]),
        Selection::Matching(rule) => Query::with_rule(sql::NEWCOMERS, vec![Value::from(id)], rule, conn.is_postgres(), at),
    };
    Ok(conn.one::<(i64,)>(query).await?.0)
}

/// Checks that the actor may bring the leads of the set back into their campaigns. `action` took them out.
///
/// # Errors
/// `Forbidden` when a started campaign would become too large for the actor.
pub async fn require_room_to_undo(tx: &mut Tx, action: &BulkAction, set: Uuid) -> Result<()> {
    if tx.actor().may(Permission::LargeLaunch) {
        return Ok(());
    }
    let back = match action {
        BulkAction::Unenroll { campaign_id } => store::sql(sql::COMING_BACK).bind(*campaign_id).bind(set),
        BulkAction::Delete {} => store::sql(sql::COMING_BACK_TO).bind(set),
        _ => return Ok(()),
    };
    for (id, more) in tx.all::<(Uuid, i64)>(back).await? {
        if let Some(campaign) = write::find_outline(tx, CampaignId(id)).await? {
            campaign.require_room(tx.actor(), more)?;
        }
    }
    Ok(())
}
