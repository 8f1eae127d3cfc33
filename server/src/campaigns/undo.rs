//! A deleted campaign comes back, with the leads that were in it and are still there.

use super::{Campaigns, enrol, sql, write};
use crate::store::{self, Tx, log};
use domain::{Actor, Change, ChangeId, Error, Op, Record, Result, campaigns::Campaign};
use uuid::Uuid;

impl Campaigns {
    pub(super) async fn undo_change(&self, actor: &Actor, id: ChangeId) -> Result<Option<Campaign>> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let change = log::by_id(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Change", id))?;
                    match change {
                        Change { op: Op::Delete, before: Some(Record::Campaign(gone)), .. } => restore(tx, id, *gone).await.map(Some),
                        Change { before: Some(Record::Campaign(_)), .. } | Change { after: Some(Record::Campaign(_)), .. } => {
                            Err(Error::Conflict("Of a campaign only its deletion can be taken back; edit it instead".to_owned()))
                        }
                        _ => Ok(None),
                    }
                })
            })
            .await
    }
}

async fn restore(tx: &mut Tx, id: ChangeId, gone: Campaign) -> Result<Campaign> {
    let newest = tx.optional::<(Uuid,)>(store::sql(sql::NEWEST_CHANGE).bind(gone.id)).await?;
    if newest != Some((id.0,)) {
        return Err(Error::Conflict(format!("{} came back already", gone.name)));
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
