//! Enrolments follow their lead, in the transaction that changes it: what it did, that it went, that it came back.

use super::{
    row::{CampaignRow, EnrolmentRow, bind_enrolment},
    sql, write,
};
use crate::store::{self, Tx};
use domain::{
    CampaignId, LeadId, Op, Record, Result,
    campaigns::{Campaign, Enrolment},
    leads::Lead,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// An enrolment with its campaign, which is locked. `gone` when the lead is, or was, deleted.
pub(super) struct Place {
    pub(super) campaign: Campaign,
    pub(super) enrolment: Enrolment,
    gone: bool,
}

impl Place {
    pub(super) fn is_live(&self) -> bool {
        !self.gone && self.campaign.status.is_live()
    }
}

/// Where a lead is, in the order of the campaigns. The lead's own row is locked by the caller.
pub(super) async fn places(tx: &mut Tx, id: LeadId) -> Result<Vec<Place>> {
    let campaigns = tx.all::<CampaignRow>(store::sql(sql::LOCK_OF_LEAD).bind(id)).await?;
    if campaigns.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = tx.all::<EnrolmentRow>(store::sql(sql::OF_LEAD).bind(id)).await?;
    let mut places = Vec::with_capacity(campaigns.len());
    for row in campaigns {
        let campaign = Campaign::try_from(row)?;
        // Taken out of it before it was locked.
        let Some(at) = rows.iter().position(|row| row.is_in(campaign.id)) else { continue };
        let row = rows.swap_remove(at);
        let gone = row.gone;
        places.push(Place { campaign, enrolment: row.try_into()?, gone });
    }
    Ok(places)
}

/// After an edit of a lead. Only its connection, status and consent matter to a campaign.
pub async fn follow(tx: &mut Tx, before: &Lead, after: &Lead) -> Result<()> {
    if (before.connection, before.status, before.consent) == (after.connection, after.status, after.consent) {
        return Ok(());
    }
    let now = tx.now();
    for place in places(tx, after.id).await? {
        if place.is_live() {
            let moved = place.enrolment.clone().follow(&place.campaign.steps, before, after, now);
            put(tx, place, moved).await?;
        }
    }
    Ok(())
}

/// Writes how an enrolment is now, with its campaign's counts and both changes.
pub(super) async fn put(tx: &mut Tx, place: Place, after: Enrolment) -> Result<()> {
    let Place { campaign, enrolment: before, .. } = place;
    if before == after {
        return Ok(());
    }
    tx.run_one(bind_enrolment(store::sql(sql::UPDATE_ENROLMENT), &after, false)).await?;
    let counts = campaign.counts.clone().moved(Some(&before), Some(&after));
    write::count(tx, campaign, counts).await?;
    tx.updated(Record::Enrolment(before), Record::Enrolment(after));
    Ok(())
}

/// A lead is deleted (`gone`), or comes back: it counts no more, or again, in every campaign it is in.
pub async fn set_gone(tx: &mut Tx, id: LeadId, gone: bool) -> Result<()> {
    for Place { campaign, enrolment, .. } in places(tx, id).await?.into_iter().filter(|place| place.gone != gone) {
        tx.run_one(bind_enrolment(store::sql(sql::UPDATE_ENROLMENT), &enrolment, gone)).await?;
        let counts = campaign.counts.clone();
        let counts = if gone { counts.moved(Some(&enrolment), None) } else { counts.moved(None, Some(&enrolment)) };
        write::count(tx, campaign, counts).await?;
        if gone {
            tx.deleted(Record::Enrolment(enrolment));
        } else {
            tx.record(Op::Restore, None, Some(Record::Enrolment(enrolment)));
        }
    }
    Ok(())
}

/// After many leads were deleted at once: their campaigns are counted anew.
pub async fn sweep(tx: &mut Tx) -> Result<()> {
    let swept: BTreeSet<Uuid> = tx.all::<(Uuid,)>(store::sql(sql::SWEEP)).await?.into_iter().map(|(id,)| id).collect();
    for id in swept {
        let id = CampaignId(id);
        // A campaign that is deleted too has nothing to count.
        if let Some(row) = tx.optional::<CampaignRow>(store::sql(sql::LOCK).bind(id)).await? {
            let counts = super::enrol::recount(tx, id).await?;
            write::count(tx, row.try_into()?, counts).await?;
        }
    }
    Ok(())
}
