//! A deleted campaign comes back, with the leads that were in it and are still there.

use super::{enrol, sql, write};
use crate::store::{self, Tx};
use domain::{Change, ChangeId, Error, Op, Permission, Record, Result, campaigns::Campaign};
use uuid::Uuid;

/// # Errors
/// `Forbidden` for those who may not delete it; `Duplicate` when another campaign has the name; `Conflict` for other changes than a
/// deletion, and when it was restored already.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::WriteCampaigns)?;
    match change {
        Change { id, op: Op::Delete, before: Some(Record::Campaign(gone)), .. } => {
            Ok(Some(Record::Campaign(Box::new(restore(tx, id, *gone).await?))))
        }
        _ => Err(Error::Conflict("Of a campaign only its deletion can be undone; edit it instead".to_owned())),
    }
}

async fn restore(tx: &mut Tx, id: ChangeId, gone: Campaign) -> Result<Campaign> {
    gone.require_end(tx.actor())?;
    let newest = tx.optional::<(Uuid,)>(store::sql(sql::NEWEST_CHANGE).bind(gone.id)).await?;
    if newest != Some((id.0,)) {
        return Err(Error::Conflict(format!("{} was restored already", gone.name)));
    }
    // Leads may have gone, or come back, while it was away.
    tx.run(store::sql(sql::SETTLE).bind(gone.id)).await?;
    let counts = enrol::recount(tx, gone.id).await?;
    let campaign = gone.counted(counts);
    write::insert(tx, &campaign).await?;
    write::stop(tx, &campaign).await?;
    tx.record(Op::Restore, None, Some(Record::Campaign(Box::new(campaign.clone()))));
    Ok(campaign)
}
