//! The beginning: what is asked is checked, and who is meant is written down.

use super::{
    Bulks,
    row::{self, Job},
    sql,
};
use crate::{
    campaigns, leads,
    store::{self, Conn, Query, Tx, Value},
};
use domain::{
    Actor, BulkId, Error, LeadId, Record, Result, Timestamp, UserId,
    bulk::{self, Bulk, BulkAction, BulkStatus, NewBulk},
    leads::Selection,
};
use uuid::Uuid;

impl Bulks {
    /// Writes down what is to be done, without doing any of it.
    ///
    /// # Errors
    /// `Invalid` on `owner`, `tag`, `campaignId`, `leadIds` or `rule`; `Forbidden` for too many leads; `Conflict` when the campaign is over; `NotFound` when none of the
    /// named leads is there.
    pub async fn begin(&self, actor: &Actor, new: NewBulk) -> Result<Bulk> {
        actor.require(new.action.permission())?;
        let NewBulk { action, which } = new.check()?;
        // Counting may take a while, and nobody who writes is to wait for it.
        let (asked, now) = (which.clone(), self.store.clock.now());
        let turn = if matches!(which, Selection::Matching(_)) { Some(self.store.turn(actor).await?) } else { None };
        let (total, upto) = self.store.read(move |conn| Box::pin(size(conn, asked, now))).await?;
        drop(turn);
        bulk::require_size(actor, total)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let name = name(tx, &action).await?;
                    let who = tx.actor().who.clone();
                    let bulk = Bulk {
                        id: BulkId(tx.new_id()),
                        revision: 1,
                        action,
                        status: BulkStatus::Running,
                        total,
                        done: 0,
                        changed: 0,
                        left_out: 0,
                        what: String::new(),
                        error: None,
                        created_by: who.name().to_owned(),
                        created_at: tx.now(),
                        finished_at: None,
                    };
                    let job = Job { bulk, which, name, who, cursor: LeadId(Uuid::nil()), upto }.told();
                    row::insert(tx, &job).await?;
                    tx.created(Record::Bulk(Box::new(job.bulk.clone())));
                    Ok(job.bulk)
                })
            })
            .await
    }
}

/// How many leads are meant, and the last that can be one of them.
async fn size(conn: &mut Conn, which: Selection, now: Timestamp) -> Result<(i64, LeadId)> {
    let last = conn.optional::<(Uuid,)>(store::sql(sql::NEWEST_LEAD)).await?.map_or(Uuid::nil(), |(id,)| id);
    let count = match &which {
        Selection::Leads(ids) => store::sql(sql::KNOWN).bind_all([Value::json(ids)?]),
        Selection::Matching(rule) => Query::with_rule(leads::COUNT, Vec::new(), rule, conn.is_postgres(), now),
    };
    let (total,) = conn.one::<(i64,)>(count).await?;
    match &which {
        // Leads that a colleague has just deleted are left out; when none is left, that is said.
        Selection::Leads(ids) if total == 0 => Err(Error::not_found("Lead", ids.first().map(ToString::to_string).unwrap_or_default())),
        _ => Ok((total, LeadId(last))),
    }
}

/// The owner's or the campaign's name, once it is known that the action is possible.
async fn name(tx: &mut Tx, action: &BulkAction) -> Result<String> {
    match action {
        BulkAction::SetOwner { owner: Some(owner) } => owner_name(tx, *owner).await,
        BulkAction::Enroll { campaign_id } => Ok(campaigns::open_for(tx, *campaign_id).await?.name),
        BulkAction::Unenroll { campaign_id } => {
            campaigns::name(tx, *campaign_id).await.map_err(|error| campaigns::unknown(*campaign_id, error))
        }
        _ => Ok(String::new()),
    }
}

async fn owner_name(tx: &mut Tx, owner: UserId) -> Result<String> {
    let found = tx.optional::<(String,)>(store::sql(sql::OWNER).bind(owner)).await?;
    found.map(|(name,)| name).ok_or_else(|| Error::invalid("owner", "No active user has this id; choose an owner from the list of users"))
}
