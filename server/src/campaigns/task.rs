//! Tasks that people do by hand: writes the lead, its enrollments and their campaigns in one transaction.

use super::{
    Campaigns,
    follow::{LockedEnrollment, locked_enrollments},
    write,
};
use crate::{
    leads::{self, CompletedTask, LogMode, Write},
    store::Tx,
};
use domain::{
    Actor, CampaignId, Error, LeadId, Result,
    campaigns::{CampaignAction, CampaignStatus, Step, StepKind, Task, TaskDone},
    leads::Lead,
};

impl Campaigns {
    pub(super) async fn do_task(&self, actor: &Actor, id: LeadId, task: Task, campaign: Option<CampaignId>) -> Result<TaskDone> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = leads::lock(tx, id).await?;
                    let chosen =
                        if task == Task::FollowUp { follow_up(&locked_enrollments(tx, id).await?, &before, campaign)? } else { None };
                    let step = match chosen {
                        Some((campaign, step)) => Some((campaign, whole(tx, campaign, step).await?)),
                        None => None,
                    };
                    let lead = task.apply(&before, step.as_ref().map(|(_, step)| step), tx.now())?;
                    let completed = CompletedTask { before, after: lead.clone(), task, step };
                    leads::commit(tx, Write::Task(Box::new(completed)), LogMode::Each).await?;
                    let live = locked_enrollments(tx, id).await?.into_iter().filter(LockedEnrollment::is_live);
                    Ok(TaskDone { lead, enrollments: live.map(|enrolled| enrolled.enrollment).collect() })
                })
            })
            .await
    }
}

/// The step with its texts, which the outline of its campaign does not have.
async fn whole(tx: &mut Tx, campaign: CampaignId, step: Step) -> Result<Step> {
    let steps = write::lock(tx, campaign).await?.steps;
    Ok(steps.into_iter().find(|one| one.id == step.id).unwrap_or(step))
}

/// The step that a follow-up completes: the next one in the named campaign, or in the only active campaign that has one.
fn follow_up(locked_enrollments: &[LockedEnrollment], lead: &Lead, named: Option<CampaignId>) -> Result<Option<(CampaignId, Step)>> {
    let step = |enrolled: &LockedEnrollment| {
        let step = enrolled.enrollment.next(&enrolled.campaign.steps, lead.connection)?;
        (step.kind != StepKind::ConnectionRequest).then(|| (enrolled.campaign.id, step.clone()))
    };
    if let Some(id) = named {
        let enrolled = locked_enrollments.iter().find(|enrolled| enrolled.campaign.id == id);
        let enrolled =
            enrolled.ok_or_else(|| Error::Conflict(format!("{} is not enrolled in this campaign; enroll the lead first", lead.name)))?;
        let (name, status) = (&enrolled.campaign.name, enrolled.campaign.status);
        if status != CampaignStatus::Active {
            let possible: Vec<_> = status.actions().map(CampaignAction::as_str).collect();
            return Err(Error::Conflict(format!("{name} is {status}, not active; possible now: {}", possible.join(", "))));
        }
        let step = step(enrolled).ok_or_else(|| Error::Conflict(format!("{} has no message or call to do next in {name}", lead.name)))?;
        return Ok(Some(step));
    }
    let mut open = locked_enrollments
        .iter()
        .filter(|enrolled| enrolled.is_live() && enrolled.campaign.status == CampaignStatus::Active)
        .filter_map(step);
    match (open.next(), open.next()) {
        (Some(_), Some(_)) => {
            Err(Error::invalid("campaignId", format!("{} is in several campaigns; say in which this was done", lead.name)))
        }
        (only, _) => Ok(only),
    }
}
