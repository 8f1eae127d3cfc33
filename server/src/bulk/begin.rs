//! The start of a bulk action: checks it and stores the job with its selection.

use super::{
    Bulks,
    row::{self, Job},
    sql,
};
use crate::{
    campaigns, jobs, leads, named_rules,
    store::{self, Conn, Query, Tx, Value},
    tags,
};
use domain::{
    Actor, BulkId, CampaignId, Error, LeadId, Moment, Permission, Record, Result, UserId,
    bulk::{Bulk, BulkAction, BulkStatus, NewBulk},
    leads::Selection,
    text::folded,
};
use uuid::Uuid;

impl Bulks {
    /// Checks the action and stores its job, without running it.
    ///
    /// # Errors
    /// `Invalid` on `owner`, `tag`, `campaignId`, `leadIds` or `rule`; `Forbidden` for too many leads, in all or in the started
    /// campaign; `Conflict` when the campaign is over; `NotFound` when none of the listed leads exists.
    pub async fn begin(&self, actor: &Actor, new: NewBulk) -> Result<Bulk> {
        actor.require(new.action.permission())?;
        let NewBulk { action, mut which } = new.check()?;
        if let Selection::Matching(rule) = &mut which {
            self.store.current.fields().check_rule(rule)?;
            *rule = named_rules::fixed(&self.store, rule).await?;
        }
        // Counted outside of the write: a slow count must not block writers.
        let (asked, at) = (which.clone(), self.store.moment());
        let zone = at.zone.clone();
        let permit = if matches!(which, Selection::Matching(_)) { Some(self.store.read_permit(actor).await?) } else { None };
        let campaign = action.campaign().filter(|_| matches!(action, BulkAction::Enroll { .. }));
        let campaign = campaign.filter(|_| !actor.may(Permission::LargeLaunch));
        let (total, upto, newcomers) = self.store.read(move |conn| Box::pin(size(conn, asked, campaign, at))).await?;
        drop(permit);
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
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
                    bulk.require(tx.actor())?;
                    let name = name(tx, &bulk.action, newcomers).await?;
                    let job = Job { bulk, which, name, who, cursor: LeadId(Uuid::nil()), upto, zone }.with_sentence();
                    if let BulkAction::RenameTag { to, .. } = &job.bulk.action {
                        tx.run(store::sql(tags::RENAME).bind(folded(to).as_ref()).bind(to.as_str())).await?;
                    }
                    row::insert(tx, &job).await?;
                    jobs::run_for_actor(tx, &sql::LEASES, job.bulk.id.0).await?;
                    tx.created(Record::Bulk(Box::new(job.bulk.clone())));
                    Ok(job.bulk)
                })
            })
            .await
    }
}

/// The number of selected leads; the newest lead's id, which is the upper bound of the selection; and how many of them the campaign would
/// enroll.
async fn size(conn: &mut Conn, which: Selection, campaign: Option<CampaignId>, at: Moment) -> Result<(i64, LeadId, i64)> {
    let last = conn.optional::<(Uuid,)>(store::sql(sql::NEWEST_LEAD)).await?.map_or(Uuid::nil(), |(id,)| id);
    let count = match &which {
        Selection::Leads(ids) => store::sql(sql::KNOWN).bind_all([Value::json(ids)?]),
        Selection::Matching(rule) => Query::with_rule(leads::COUNT, Vec::new(), rule, conn.is_postgres(), &at),
    };
    let (total,) = conn.one::<(i64,)>(count).await?;
    let newcomers = match campaign {
        Some(id) => campaigns::newcomers(conn, id, &which, &at).await?,
        None => 0,
    };
    match &which {
        // Leads that were just deleted are skipped. An error only when none is left.
        Selection::Leads(ids) if total == 0 => Err(Error::not_found("Lead", ids.first().map(ToString::to_string).unwrap_or_default())),
        _ => Ok((total, LeadId(last), newcomers)),
    }
}

/// The name of the owner or campaign. Fails when the action is not possible.
async fn name(tx: &mut Tx, action: &BulkAction, newcomers: i64) -> Result<String> {
    match action {
        BulkAction::SetOwner { owner: Some(owner) } => owner_name(tx, *owner).await,
        BulkAction::Enroll { campaign_id } => Ok(campaigns::open_for(tx, *campaign_id, newcomers).await?.name),
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
