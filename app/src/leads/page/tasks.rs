//! Tasks done by hand for a lead, as optimistic updates: shown at once, confirmed by the answer, reverted with the reason when refused.

use super::ways::LeadWays;
use crate::{
    campaigns::api::{enroll_leads, unenroll_leads, work_lead},
    leads::{edit::Editing, store::Row},
    live::origin,
    ui::{Toast, Toasts, Tone},
};
use domain::{
    CampaignId, Timestamp,
    campaigns::{CampaignStatus, EnrollResult, LeadCampaign, Step, Task, WHY_LEFT_OUT},
    error::CampaignRef,
    leads::{Connection, LeadPatch, Selection},
};
use leptos::{prelude::*, task::spawn_local};

/// A lead with its enrollments, as shown. Clones share their signals.
#[derive(Clone)]
pub struct LeadTasks {
    pub row: Row,
    pub ways: LeadWays,
    /// Reads everything again.
    reload: Callback<()>,
    editing: Editing,
    toasts: Toasts,
}

/// Text of the toast for a task.
fn said(task: Task, step: Option<&Step>) -> String {
    match (task, step) {
        (Task::SendRequest, _) => "Marked the connection request as sent".to_owned(),
        (Task::Accept, _) => "Marked the connection request as accepted".to_owned(),
        (Task::Decline, _) => "Marked the connection request as declined".to_owned(),
        (Task::FollowUp, Some(step)) => format!("Marked “{}” as done", step.title),
        (Task::FollowUp, None) => "Marked a message as sent".to_owned(),
    }
}

impl LeadTasks {
    pub fn new(row: Row, ways: LeadWays, reload: Callback<()>) -> Self {
        Self { row, ways, reload, editing: expect_context(), toasts: expect_context() }
    }

    /// Records a task. `campaign` is set for a follow-up.
    pub fn mark(&self, task: Task, campaign: Option<CampaignId>) {
        let this = self.clone();
        let (before, ways) = (this.row.lead.get_untracked(), this.ways.list.get_untracked());
        let step = campaign.and_then(|id| ways.iter().find(|way| way.campaign.id == id)?.next.clone());
        let now = Timestamp((js_sys::Date::now() * 1_000.0) as i64);
        let mut after = match task.apply(&before, step.as_ref(), now) {
            Ok(after) => after,
            Err(error) => return this.toasts.error(error.to_string()),
        };
        let ahead = |way: LeadCampaign| {
            let live = matches!(way.status, CampaignStatus::Active | CampaignStatus::Paused);
            if !live {
                return way;
            }
            let step = step.as_ref().filter(|_| campaign == Some(way.campaign.id));
            let enrollment = task.advance(way.enrollment.clone(), &way.steps, step, &before, &after, now);
            way.at(enrollment, after.connection)
        };
        this.ways.list.set(ways.iter().cloned().map(ahead).collect());
        // Keep the old revision, so that a concurrent change is newer.
        after.revision = before.revision;
        this.row.lead.set(after);
        spawn_local(async move {
            match work_lead(before.id, task, campaign, origin()).await {
                Ok(done) => {
                    let connection = done.lead.connection;
                    if this.row.lead.with_untracked(|known| done.lead.revision >= known.revision) {
                        this.row.lead.set(done.lead);
                    }
                    let moved = |way: LeadCampaign| match done.enrollments.iter().find(|one| one.campaign_id == way.campaign.id) {
                        Some(enrollment) => way.at(enrollment.clone(), connection),
                        None => way,
                    };
                    this.ways.list.update(|ways| *ways = std::mem::take(ways).into_iter().map(moved).collect());
                    this.told(task, step.as_ref(), &before);
                }
                Err(error) => {
                    // Revert only our own optimistic values: a newer revision stays.
                    if this.row.lead.with_untracked(|known| known.revision == before.revision) {
                        this.row.lead.set(before);
                    }
                    this.ways.list.set(ways);
                    let _ = this.reload.try_run(());
                    this.toasts.error(format!("Not marked. {error}"));
                }
            }
        });
    }

    /// Shows the toast. Only changes of the lead's own fields can be undone; a counted message or refusal stays counted.
    fn told(&self, task: Task, step: Option<&Step>, before: &domain::leads::Lead) {
        let toast = Toast::new(Tone::Success, said(task, step));
        let back = task != Task::FollowUp && (task != Task::Decline || before.connection == Connection::RequestSent);
        let set = LeadPatch { connection: Some(before.connection), status: Some(before.status), ..LeadPatch::default() };
        let this = self.clone();
        self.toasts.push(if back { toast.undo(move || this.editing.revert_edit(this.row.clone(), set.clone())) } else { toast });
    }

    pub fn enroll(&self, campaign: CampaignRef) {
        let this = self.clone();
        spawn_local(async move {
            let CampaignRef { id, name } = campaign;
            let which = Selection::Leads(vec![this.row.id]);
            match enroll_leads(id, which.clone(), origin()).await {
                Ok(EnrollResult { left_out: 1.., .. }) => {
                    this.toasts.push(Toast::new(Tone::Warning, format!("Left out of {name}: {WHY_LEFT_OUT}")));
                }
                Ok(_) => {
                    let _ = this.reload.try_run(());
                    let toasts = this.toasts;
                    let undo = move || {
                        let (which, reload) = (which.clone(), this.reload);
                        spawn_local(async move {
                            match unenroll_leads(id, which, origin()).await {
                                Ok(_) => _ = reload.try_run(()),
                                Err(error) => toasts.error(format!("Not undone. {error}")),
                            }
                        });
                    };
                    toasts.push(Toast::new(Tone::Success, format!("Enrolled in {name}")).undo(undo));
                }
                Err(error) => this.toasts.error(format!("Not enrolled. {error}")),
            }
        });
    }
}
