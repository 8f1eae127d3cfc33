//! Creates, edits, starts, pauses, copies and deletes campaigns.

use super::{
    Campaigns,
    list::escaped,
    row::{CampaignRow, RefRow, bind_campaign, bind_figures},
    sql,
    steps::{self, Undone},
};
use crate::{
    leads::Followers,
    store::{self, Existence, Tx},
};
use domain::{
    Actor, CampaignId, ChangeId, Error, Op, Record, Result,
    campaigns::{Campaign, CampaignAction, CampaignEdit, CampaignPatch, Counts, EditedCampaign, NAME_MAX, NewCampaign, WHY_LEFT_OUT},
    change::Set,
    error::CampaignRef,
    text::fold,
};
use std::collections::HashSet;
use uuid::Uuid;

impl Campaigns {
    pub(super) async fn create_campaign(&self, actor: &Actor, new: NewCampaign) -> Result<Campaign> {
        let new = new.check()?;
        self.store.write(actor, |tx| Box::pin(create(tx, new))).await
    }

    pub(super) async fn edit_campaign(&self, actor: &Actor, id: CampaignId, edit: CampaignEdit) -> Result<EditedCampaign> {
        let again = edit.clone();
        match self.edit_once(actor, id, edit).await {
            // Postgres: another transaction took the same name meanwhile. The second try reports which campaign has it.
            Err(Error::Conflict(_)) => self.edit_once(actor, id, again).await,
            done => done,
        }
    }

    async fn edit_once(&self, actor: &Actor, id: CampaignId, edit: CampaignEdit) -> Result<EditedCampaign> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = lock(tx, id).await?;
                    if let Some(status) = edit.set.status {
                        before.require_status(tx.actor(), status)?;
                    }
                    let now = tx.now();
                    match edit.apply(&before, now, || tx.new_id())? {
                        Some(after) => replace(tx, before, after, None).await,
                        None => Ok(EditedCampaign { campaign: before, undo: None }),
                    }
                })
            })
            .await
    }

    pub(super) async fn apply_action(&self, actor: &Actor, id: CampaignId, action: CampaignAction) -> Result<Campaign> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = lock(tx, id).await?;
                    let status = before.status.after(action)?;
                    before.require_status(tx.actor(), status)?;
                    let edit = CampaignEdit::set(CampaignPatch { status: Some(status), ..CampaignPatch::default() });
                    let now = tx.now();
                    match edit.apply(&before, now, || tx.new_id())? {
                        Some(after) => Ok(replace(tx, before, after, None).await?.campaign),
                        None => Ok(before),
                    }
                })
            })
            .await
    }

    pub(super) async fn copy(&self, actor: &Actor, id: CampaignId) -> Result<Campaign> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let row = tx.optional::<CampaignRow>(store::sql(sql::GET).bind(id)).await?;
                    let campaign: Campaign = row.ok_or_else(|| Error::not_found("Campaign", id))?.try_into()?;
                    let name = free_name(tx, &campaign.name).await?;
                    create(tx, NewCampaign::like(&campaign, name)).await
                })
            })
            .await
    }

    /// Its enrollments are kept until the deletion is pruned from the log.
    pub(super) async fn remove(&self, actor: &Actor, id: CampaignId) -> Result<ChangeId> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    Existence::lock(tx).await?;
                    let campaign = lock(tx, id).await?;
                    campaign.require_end(tx.actor())?;
                    tx.run_one(store::sql(sql::DELETE).bind(id)).await?;
                    tx.recount().await?;
                    Ok(tx.deleted(Record::Campaign(Box::new(campaign))))
                })
            })
            .await
    }
}

async fn create(tx: &mut Tx, new: NewCampaign) -> Result<Campaign> {
    let (by, now) = (tx.actor().who.clone(), tx.now());
    let campaign = new.into_campaign(&by, now, || tx.new_id());
    insert(tx, &campaign).await?;
    tx.created(Record::Campaign(Box::new(campaign.clone())));
    Ok(campaign)
}

/// Writes one new row with its counters, without a change.
///
/// # Errors
/// `Duplicate` when the name is taken.
pub async fn insert(tx: &mut Tx, campaign: &Campaign) -> Result<()> {
    if tx.optional::<(Uuid,)>(bind_campaign(store::sql(sql::INSERT), campaign)?).await?.is_some() {
        return tx.run_one(bind_figures(store::sql(sql::INSERT_COUNTS), &campaign.figures())?).await;
    }
    name_is_free(tx, &campaign.name).await?;
    // The campaign with this name was deleted or renamed between the two statements.
    Err(Error::Unavailable("Someone else is changing the campaign with this name; try again".to_owned()))
}

/// The campaign, locked until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, id: CampaignId) -> Result<Campaign> {
    tx.optional::<CampaignRow>(store::sql(sql::LOCK).bind(id)).await?.ok_or_else(|| Error::not_found("Campaign", id))?.try_into()
}

/// The campaign without its texts, locked until the transaction ends.
pub(super) async fn lock_outline(tx: &mut Tx, id: CampaignId) -> Result<Campaign> {
    find_outline(tx, id).await?.ok_or_else(|| Error::not_found("Campaign", id))
}

/// As `lock_outline`; `None` for a deleted campaign, whose enrollments are kept for an undo.
pub(super) async fn find_outline(tx: &mut Tx, id: CampaignId) -> Result<Option<Campaign>> {
    tx.optional::<CampaignRow>(store::sql(sql::LOCK_OUTLINE).bind(id)).await?.map(Campaign::try_from).transpose()
}

/// Replaces `before` with `after` and records the change, which may undo another. Returns the campaign with its new counters.
pub(super) async fn replace(tx: &mut Tx, before: Campaign, after: Campaign, undone: Option<Undone>) -> Result<EditedCampaign> {
    if fold(&after.name) != fold(&before.name) {
        name_is_free(tx, &after.name).await?;
    }
    update(tx, &after).await?;
    if !before.status.is_live() {
        stop(tx, &after).await?;
    }
    let steps = before.steps.clone();
    let id = tx.updated(Record::Campaign(Box::new(before)), Record::Campaign(Box::new(after.clone())));
    Ok(EditedCampaign { campaign: steps::follow(tx, id, &steps, after, undone).await?, undo: Some(id) })
}

/// In a live campaign, stops the enrollments of leads that may no longer be contacted. Counters do not change.
pub(super) async fn stop(tx: &mut Tx, campaign: &Campaign) -> Result<()> {
    if !campaign.status.is_live() {
        return Ok(());
    }
    let count = tx.run(store::sql(sql::STOP).bind(campaign.id).bind(tx.now())).await? as i64;
    if count > 0 {
        let what = format!("stopped {count} of {}: {WHY_LEFT_OUT}", campaign.name);
        tx.record(Op::Bulk, None, Some(Record::Set(Set::of_campaign(campaign.id, what, count))));
    }
    Ok(())
}

/// Updates the campaign's rows, without a change.
pub(super) async fn update(tx: &mut Tx, campaign: &Campaign) -> Result<()> {
    tx.run_one(bind_campaign(store::sql(sql::UPDATE), campaign)?).await?;
    tx.run_one(bind_figures(store::sql(sql::UPDATE_COUNTS), &campaign.figures())?).await
}

/// Writes the campaign's counts if they changed. The change holds the figures alone.
///
/// # Errors
/// `Forbidden` when it would become too large for the actor. The caller writes nothing then.
pub(super) async fn count(tx: &mut Tx, before: &Campaign, counts: Counts) -> Result<()> {
    if before.counts == counts {
        return Ok(());
    }
    before.require_room(tx.actor(), counts.total_leads - before.counts.total_leads)?;
    let figures = before.counted(counts).figures();
    tx.run_one(bind_figures(store::sql(sql::UPDATE_COUNTS), &figures)?).await?;
    tx.record(Op::Update, None, Some(Record::Figures(figures)));
    Ok(())
}

async fn name_is_free(tx: &mut Tx, name: &str) -> Result<()> {
    match tx.optional::<RefRow>(store::sql(sql::BY_NAME).bind(fold(name))).await? {
        Some(row) => Err(Error::duplicate("name", CampaignRef::from(row))),
        None => Ok(()),
    }
}

/// `Spring (copy)`, `Spring (copy 2)` …
async fn free_name(tx: &mut Tx, name: &str) -> Result<String> {
    let stem: String = name.chars().take(NAME_MAX - " (copy 1000000)".len()).collect();
    let pattern = format!("{} (copy%", escaped(&fold(&stem)));
    let taken: HashSet<String> = tx.all::<(String,)>(store::sql(sql::NAMES).bind(pattern)).await?.into_iter().map(|(name,)| name).collect();
    let names = std::iter::once(format!("{stem} (copy)")).chain((2..).map(|number| format!("{stem} (copy {number})")));
    // n names are taken, so one of n + 1 candidates is free.
    names.take(taken.len() + 1).find(|name| !taken.contains(&fold(name))).ok_or(Error::Internal)
}
