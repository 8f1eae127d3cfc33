//! What people do with a lead by hand: the lead, its enrolments and their campaigns in one transaction.

use super::{
    Campaigns,
    follow::{Place, places, put},
};
use crate::{leads, store::Tx};
use domain::{
    Actor, CampaignId, Error, LeadId, Result,
    campaigns::{CampaignAction, CampaignStatus, Enrolment, Step, StepKind, Task, TaskDone},
    leads::Lead,
};

impl Campaigns {
    pub(super) async fn do_task(&self, actor: &Actor, id: LeadId, task: Task, campaign: Option<CampaignId>) -> Result<TaskDone> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = leads::lock(tx, id).await?;
                    let places = places(tx, id).await?;
                    let chosen = if task == Task::FollowUp { follow_up(&places, &before, campaign)? } else { None };
                    let after = task.apply(&before, chosen.as_ref().map(|(_, step)| step), tx.now())?;
                    leads::put(tx, before.clone(), after.clone()).await?;
                    let enrolments = advance(tx, places, task, chosen, &before, &after).await?;
                    Ok(TaskDone { lead: after, enrolments })
                })
            })
            .await
    }
}

async fn advance(
    tx: &mut Tx,
    places: Vec<Place>,
    task: Task,
    chosen: Option<(CampaignId, Step)>,
    before: &Lead,
    after: &Lead,
) -> Result<Vec<Enrolment>> {
    let now = tx.now();
    let mut moved = Vec::new();
    for place in places.into_iter().filter(Place::is_live) {
        let step = chosen.as_ref().filter(|(id, _)| *id == place.campaign.id).map(|(_, step)| step);
        let enrolment = task.advance(place.enrolment.clone(), &place.campaign.steps, step, before, after, now);
        moved.push(enrolment.clone());
        put(tx, place, enrolment).await?;
    }
    Ok(moved)
}

/// The step that a follow-up does: the next of the campaign that is named, or of the only one that has one to do.
fn follow_up(places: &[Place], lead: &Lead, named: Option<CampaignId>) -> Result<Option<(CampaignId, Step)>> {
    let step = |place: &Place| {
        let step = place.enrolment.next(&place.campaign.steps, lead.connection)?;
        (step.kind != StepKind::ConnectionRequest).then(|| (place.campaign.id, step.clone()))
    };
    if let Some(id) = named {
        let place = places.iter().find(|place| place.campaign.id == id);
        let place =
            place.ok_or_else(|| Error::Conflict(format!("{} is not enrolled in this campaign; enrol the lead first", lead.name)))?;
        let (name, status) = (&place.campaign.name, place.campaign.status);
        if status != CampaignStatus::Active {
            let possible: Vec<_> = status.actions().map(CampaignAction::as_str).collect();
            return Err(Error::Conflict(format!("{name} is {status}, not active; possible now: {}", possible.join(", "))));
        }
        let step = step(place).ok_or_else(|| Error::Conflict(format!("{} has no message or call to do next in {name}", lead.name)))?;
        return Ok(Some(step));
    }
    let mut open = places.iter().filter(|place| place.is_live() && place.campaign.status == CampaignStatus::Active).filter_map(step);
    match (open.next(), open.next()) {
        (Some(_), Some(_)) => {
            Err(Error::invalid("campaignId", format!("{} is in several campaigns; say in which this was done", lead.name)))
        }
        (only, _) => Ok(only),
    }
}
